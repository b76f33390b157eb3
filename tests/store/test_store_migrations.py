"""How an older database becomes a newer one, and how a newer one is refused."""

from __future__ import annotations

import duckdb
import pytest

from runner.store.asynchronous import AsyncStore
from runner.store.errors import StoreError
from runner.store.migrations import MIGRATIONS, Migration

NEXT = MIGRATIONS[-1].version + 1
LATER = (
    *MIGRATIONS,
    Migration(NEXT, "colours", ('ALTER TABLE "jobs" ADD COLUMN "colour" VARCHAR', """UPDATE "jobs" SET "colour" = 'blue'""")),
    Migration(NEXT + 1, "shapes", ('CREATE TABLE "shapes" ("id" INTEGER)',)),
)
BROKEN = (*MIGRATIONS, LATER[-2], Migration(NEXT + 1, "mistake", ('ALTER TABLE "nothing" ADD COLUMN "x" INTEGER',)))


@pytest.fixture
async def older(database, make_job):
    """A database of this version, to be migrated to a later one."""
    opened = await AsyncStore.open(database)
    await opened.write(lambda s: s.insert_job(make_job()))
    await opened.close()
    return database


def ask(database, query):
    """The rows of a query on a closed database."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).fetchall()


def files(database):
    """What lies beside the database, without the database itself."""
    return sorted(path.name for path in database.parent.iterdir() if path != database)


async def test_migrations_are_numbered_without_gaps():
    """A database's version is the number of migrations it has seen."""
    assert [migration.version for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


async def test_a_new_database_is_made_at_once_and_without_a_copy(database):
    """A first start records its migrations and has nothing to save."""
    opened = await AsyncStore.open(database)
    assert opened.report.migration_backup is None
    await opened.close()
    assert files(database) == []
    assert ask(database, 'SELECT "version", "name" FROM "migrations" ORDER BY 1') == [(m.version, m.name) for m in MIGRATIONS]


async def test_an_older_database_is_migrated_with_a_copy_of_what_it_was(older, make_job):
    """All missing migrations run, in order; the copy opens with the older program and holds the data."""
    opened = await AsyncStore.open(older, migrations=LATER)
    assert await opened.read(lambda s: s.job("job-1")) == make_job()
    backup = opened.report.migration_backup
    assert any(str(backup) in message for message in opened.report.messages())
    await opened.close()
    assert ask(older, 'SELECT "colour" FROM "jobs"') == [("blue",)]
    assert ask(older, 'SELECT "version" FROM "migrations" ORDER BY 1') == [(m.version,) for m in LATER]
    copied = await AsyncStore.open(backup)
    assert await copied.read(lambda s: s.job("job-1")) == make_job()
    await copied.close()


async def test_a_migrated_database_is_not_migrated_again(older):
    """The second opening does nothing and copies nothing."""
    for _ in range(2):
        opened = await AsyncStore.open(older, migrations=LATER)
        await opened.close()
    assert opened.report.messages() == []
    assert len(files(older)) == 1


async def test_a_failed_migration_changes_nothing(older, make_job):
    """One transaction for all: the database stays at its version and opens with the program it came from."""
    with pytest.raises(StoreError) as caught:
        await AsyncStore.open(older, migrations=BROKEN)
    assert caught.value.code == "store-migration-failed"
    opened = await AsyncStore.open(older)
    assert await opened.read(lambda s: s.job("job-1")) == make_job()
    await opened.close()
    assert ask(older, "SELECT count(*) FROM duckdb_columns() WHERE column_name = 'colour'") == [(0,)]


async def test_a_newer_database_is_refused_unchanged(older):
    """An older program neither reads nor harms what a newer one wrote."""
    opened = await AsyncStore.open(older, migrations=LATER)
    await opened.close()
    before = older.read_bytes()
    with pytest.raises(StoreError) as caught:
        await AsyncStore.open(older)
    assert caught.value.code == "store-newer"
    assert str(LATER[-1].version) in caught.value.message
    assert caught.value.hint
    assert older.read_bytes() == before
