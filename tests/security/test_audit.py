"""The audit trail: every write is on record, whoever asked and however it ended, and nothing else is."""

import time

from click.testing import CliRunner

from runner.audit import AuditEntry, AuditFilter, AuditOutcome
from runner.model import KeyScope
from runner.store.asynchronous import AsyncStore
from tests.security.conftest import NAMELESS
from tui.cli.main import flowdeck


def newest(deck, **query):
    """The newest entry."""
    with deck.client() as client:
        return client.audit(limit=1, **query).entries[0]


def test_who_did_what_why_and_how_it_ended(deck):
    """Over the socket and by key; done, refused for what it is and for who asks; before and after of the job."""
    generation = deck.json("GET", f"/api/v1/jobs/{deck.job}", status=200)["generation"]
    deck.json("POST", "/api/v1/jobs", {"text": NAMELESS.replace("row.num = 5", "row.num = 6")}, status=201)
    found = newest(deck)
    assert (found.who[:5], found.action, found.target, found.outcome) == ("unix:", "POST /jobs", "kept", AuditOutcome.DONE)
    assert found.remote.startswith("process ")
    assert (found.job_id, found.generation_after) == (deck.job, generation + 1)
    deck.wait_until(deck.job, deck.is_over)
    deck.ask("POST", "/api/v1/jobs/kept/stop?reason=asked%20for", key=KeyScope.OPERATE)
    found = newest(deck, job="kept")
    assert (found.who, found.remote, found.target) == ("key:a operate", "127.0.0.1", "kept")
    assert (found.action, found.job_id) == ("POST /jobs/{job}/stop", deck.job)
    assert found.generation_before == found.generation_after == generation + 1
    assert found.reason == "asked for"
    assert deck.ask("DELETE", "/api/v1/jobs/kept", key=KeyScope.READ)[0] == 403
    found = newest(deck, who="key:a read")
    assert (found.action, found.outcome, found.status, found.code) == ("DELETE /jobs/{job}", "refused", 403, "forbidden")
    assert deck.ask("DELETE", "/api/v1/jobs/nobody", key=KeyScope.ADMIN)[0] == 404
    assert newest(deck).code == "not-found"
    with deck.client() as client:
        started = client.audit(who="daemon", limit=1).entries[0]
    assert started.action == "daemon started"


def test_looking_is_not_on_record_and_secrets_are_not(deck):
    """Neither reads and dry runs, nor who was turned away at the door, nor anything of a body or an answer but the reason."""
    before = newest(deck)
    deck.ask("GET", "/api/v1/jobs", key=KeyScope.READ)
    deck.ask("PUT", "/api/v1/queues/q", "{}")
    assert deck.ask("POST", f"/api/v1/jobs/{deck.job}/start?dry_run=true", key=KeyScope.OPERATE)[0] == 200
    assert newest(deck) == before
    assert deck.ask("POST", f"/api/v1/jobs/{deck.job}/start?dry_run=true", key=KeyScope.READ)[0] == 403
    assert newest(deck).action == "POST /jobs/{job}/start (dry run)"
    status, made = deck.ask("POST", "/api/v1/keys", '{"name": "short lived"}', key=KeyScope.ADMIN)
    assert status == 201
    deck.ask("DELETE", "/api/v1/keys/short%20lived", key=KeyScope.ADMIN)
    status, page = deck.ask("GET", "/api/v1/audit", key=KeyScope.ADMIN)
    assert status == 200
    assert [entry["action"] for entry in page["entries"][:2]] == ["DELETE /keys/{name}", "POST /keys"]
    assert made["key"] not in str(page)
    assert deck.ask("GET", "/api/v1/audit", key=KeyScope.OPERATE)[0] == 403


def test_pages_follow_each_other(deck):
    """Newest first, each entry once, whatever is added meanwhile; a token that is none is refused."""
    with deck.client() as client:
        whole = client.audit(limit=1000).entries
        first = client.audit(limit=2)
        second = client.audit(limit=2, after=first.next)
        assert [*first.entries, *second.entries] == list(whole[:4])
        assert client.audit(since=time.time() + 60).entries == ()
    assert deck.json("GET", "/api/v1/audit?after=x", status=400)["code"] == "invalid-request"


def test_the_command_shows_it(deck):
    """With who, what and from where, for one job or all."""
    shown = CliRunner().invoke(flowdeck, ["audit", "--job", "kept", "--home", str(deck.home.path)], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    assert "POST /jobs" in shown.output
    assert "daemon started" not in shown.output


async def test_it_is_bounded(tmp_path):
    """The newest entries stay, the oldest go; ids are never used again."""
    store = await AsyncStore.open(tmp_path / "control.duckdb")
    entries = [AuditEntry(at=float(at), who="a", action="b", outcome=AuditOutcome.DONE) for at in range(10)]
    await store.write(lambda writing: writing.append_audit(entries))
    assert await store.write(lambda writing: writing.prune_audit(keep=4, before=0.0)) == 6
    assert await store.write(lambda writing: writing.prune_audit(keep=4, before=8.0)) == 2
    await store.write(lambda writing: writing.append_audit(entries[:1]))
    kept = await store.read(lambda reading: reading.audit_page(AuditFilter(), 100))
    assert [entry.id for entry in kept] == [11, 10, 9]
    await store.close()
