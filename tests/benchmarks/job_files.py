"""The same work as flowdeck job files."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

_COLUMNS = "schema { fields { id = bigint, name = string, category = string, amount = double, ts = timestamp } }"
_READ = {
    "csv": f'file_format_type = "csv"\nskip_header_row_number = 1\n{_COLUMNS}',
    "json": f'file_format_type = "json"\n{_COLUMNS}',
    "parquet": 'file_format_type = "parquet"',
}
_WRITE = {"parquet": 'file_format_type = "parquet"\ncompress_codec = "snappy"', "json": 'file_format_type = "json"'}


def file_job(
    source: Path, target: Path, formats: tuple[str, str], checkpoint_milliseconds: int | None, parallelism: int = 1
) -> str:
    """Read one format, filter and project, write the other. Checkpoints None: only the last one."""
    interval = f"checkpoint.interval = {checkpoint_milliseconds}" if checkpoint_milliseconds else ""
    return dedent(
        f"""
        env {{
          job.mode = "BATCH"
          parallelism = {parallelism}
          {interval}
        }}
        source {{
          LocalFile {{
            plugin_output = "orders"
            path = "{source}"
            {_READ[formats[0]]}
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
            {_WRITE[formats[1]]}
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
