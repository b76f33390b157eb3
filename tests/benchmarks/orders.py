"""The benchmark's input: made-up orders as CSV, JSON lines and Parquet, written once for each size and kept."""

from __future__ import annotations

from pathlib import Path

import duckdb

_FORMATS = {"csv": "FORMAT csv, HEADER", "json": "FORMAT json", "parquet": "FORMAT parquet, ROW_GROUP_SIZE 122880"}


def orders(directory: Path, rows: int, file_format: str) -> Path:
    """A file of ``rows`` orders (id, name, category, amount, ts)."""
    path = directory / f"orders-{rows}.{file_format}"
    if not path.exists():
        partial = path.with_suffix(".partial")
        duckdb.sql(
            f"""
            COPY (
                SELECT range AS id,
                       'customer ' || (hash(range) % 100000) AS name,
                       'category-' || (hash(range + 1) % 20) AS category,
                       round((hash(range + 2) % 100000) / 100.0, 2) AS amount,
                       TIMESTAMP '2024-01-01' + to_seconds(range) AS ts
                FROM range({rows})
            ) TO '{partial}' ({_FORMATS[file_format]})
            """
        )
        partial.rename(path)
    return path


def read(path: str, file_format: str) -> str:
    """SQL that reads such a file, or what a program has made of it."""
    if file_format == "parquet":
        return f"read_parquet('{path}')"
    columns = "columns = {'id': 'BIGINT', 'name': 'VARCHAR', 'category': 'VARCHAR', 'amount': 'DOUBLE', 'ts': 'TIMESTAMP'}"
    return f"read_csv('{path}', header = true, {columns})" if file_format == "csv" else f"read_json('{path}', {columns})"


def digest(source: str) -> list[tuple[object, ...]]:
    """What must be equal of two results: rows, and sums over each of their columns."""
    found = duckdb.execute(
        f"SELECT count(*), sum(id), sum(amount::DECIMAL(18, 2)), bit_xor(hash(name)) FROM ({source})"
    ).fetchall()
    return list(found)


def expected(path: Path, file_format: str) -> list[tuple[object, ...]]:
    """The digest of the right result."""
    return digest(f"SELECT id, upper(name) AS name, amount FROM {read(str(path), file_format)} WHERE amount > 500")
