"""The benchmark's input and programs: a CSV of made-up orders, and the same filter and projection written three ways."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import duckdb


def orders_csv(directory: Path, rows: int) -> Path:
    """A CSV of ``rows`` rows (id, name, category, amount, ts), written once and kept."""
    path = directory / f"orders-{rows}.csv"
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
            ) TO '{partial}' (FORMAT csv, HEADER)
            """
        )
        partial.rename(path)
    return path


def duckdb_program(source: Path, target: Path) -> list[str]:
    """The plain DuckDB program."""
    return _python(
        f"""
        import duckdb
        duckdb.sql('''
            COPY (
                SELECT id, upper(name) AS name, amount
                FROM read_csv('{source}', header = true, columns = {{
                    'id': 'BIGINT', 'name': 'VARCHAR', 'category': 'VARCHAR', 'amount': 'DOUBLE', 'ts': 'TIMESTAMP'}})
                WHERE amount > 500
            ) TO '{target}' (FORMAT parquet)
        ''')
        """
    )


def pyarrow_program(source: Path, target: Path) -> list[str]:
    """The plain pyarrow program."""
    return _python(
        f"""
        import pyarrow as pa, pyarrow.csv as csv, pyarrow.compute as pc, pyarrow.parquet as pq
        types = {{"id": pa.int64(), "name": pa.string(), "amount": pa.float64()}}
        convert = csv.ConvertOptions(column_types=types, include_columns=["id", "name", "amount"])
        reader = csv.open_csv("{source}", convert_options=convert)
        schema = pa.schema([("id", pa.int64()), ("name", pa.string()), ("amount", pa.float64())])
        with pq.ParquetWriter("{target}", schema) as writer:
            for batch in reader:
                batch = batch.filter(pc.greater(batch["amount"], 500.0))
                columns = [batch["id"], pc.utf8_upper(batch["name"]), batch["amount"]]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
        """
    )


def file_job(source: Path, target: Path, checkpoint_milliseconds: int | None) -> str:
    """The flowdeck job that does the same."""
    interval = f"checkpoint.interval = {checkpoint_milliseconds}" if checkpoint_milliseconds else ""
    return dedent(
        f"""
        env {{
          job.mode = "BATCH"
          {interval}
        }}
        source {{
          LocalFile {{
            plugin_output = "orders"
            path = "{source}"
            file_format_type = "csv"
            skip_header_row_number = 1
            schema {{ fields {{ id = bigint, name = string, category = string, amount = double, ts = timestamp }} }}
          }}
        }}
        transform {{
          Sql {{
            plugin_input = "orders"
            plugin_output = "large"
            query = "SELECT id, upper(name) AS name, amount FROM orders WHERE amount > 500"
          }}
        }}
        sink {{
          LocalFile {{
            plugin_input = "large"
            path = "{target}"
            file_format_type = "parquet"
            data_save_mode = "DROP_DATA"
          }}
        }}
        """
    )


def fake_job(rows: int) -> str:
    """FakeSource into a Console that does not print."""
    return dedent(
        f"""
        env {{ job.mode = "BATCH" }}
        source {{
          FakeSource {{
            row.num = {rows}
            schema {{ fields {{ id = bigint, quantity = int, price = double, name = string, at = timestamp }} }}
          }}
        }}
        sink {{ Console {{ log.print.data = false }} }}
        """
    )


def _python(program: str) -> list[str]:
    return [sys.executable, "-c", dedent(program)]
