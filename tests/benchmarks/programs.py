"""The work that is compared, as anybody would write it by hand with one of the libraries: filter, upper case, projection.

Each program takes the paths of its input and its output from its arguments, and writes what :mod:`orders` can check.
"""

from __future__ import annotations

from textwrap import dedent

DUCKDB = {
    "csv": """
        import sys, duckdb
        duckdb.sql(f'''
            COPY (
                SELECT id, upper(name) AS name, amount
                FROM read_csv('{sys.argv[1]}', header = true, columns = {{
                    'id': 'BIGINT', 'name': 'VARCHAR', 'category': 'VARCHAR', 'amount': 'DOUBLE', 'ts': 'TIMESTAMP'}})
                WHERE amount > 500
            ) TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION snappy)
        ''')
        """,
    "json": """
        import sys, duckdb
        duckdb.sql(f'''
            COPY (
                SELECT id, upper(name) AS name, amount
                FROM read_json('{sys.argv[1]}', format = 'newline_delimited', columns = {{
                    'id': 'BIGINT', 'name': 'VARCHAR', 'category': 'VARCHAR', 'amount': 'DOUBLE', 'ts': 'TIMESTAMP'}})
                WHERE amount > 500
            ) TO '{sys.argv[2]}' (FORMAT json)
        ''')
        """,
    "parquet": """
        import sys, duckdb
        duckdb.sql(f'''
            COPY (SELECT id, upper(name) AS name, amount FROM read_parquet('{sys.argv[1]}') WHERE amount > 500)
            TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION snappy)
        ''')
        """,
}

_PYARROW_END = """
        schema = pa.schema([("id", pa.int64()), ("name", pa.string()), ("amount", pa.float64())])
        with pq.ParquetWriter(sys.argv[2], schema) as writer:
            for batch in batches:
                batch = batch.filter(pc.greater(batch["amount"], 500.0))
                columns = [batch["id"], pc.utf8_upper(batch["name"]), batch["amount"]]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
        """

PYARROW = {
    "csv": """
        import sys, pyarrow as pa, pyarrow.csv as csv, pyarrow.compute as pc, pyarrow.parquet as pq
        types = {"id": pa.int64(), "name": pa.string(), "amount": pa.float64()}
        batches = csv.open_csv(sys.argv[1], convert_options=csv.ConvertOptions(column_types=types, include_columns=list(types)))
        """
    + _PYARROW_END,
    "parquet": """
        import sys, pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
        batches = pq.ParquetFile(sys.argv[1]).iter_batches(columns=["id", "name", "amount"])
        """
    + _PYARROW_END,
}

_POLARS_END = '.filter(pl.col("amount") > 500).select("id", pl.col("name").str.to_uppercase(), "amount")'
_POLARS_TYPES = (
    'schema = {"id": pl.Int64, "name": pl.String, "category": pl.String, "amount": pl.Float64, "ts": pl.Datetime("us")}'
)

POLARS = {
    "csv": f"""
        import sys, polars as pl
        {_POLARS_TYPES}
        rows = pl.scan_csv(sys.argv[1], schema=schema){_POLARS_END}
        rows.sink_parquet(sys.argv[2], compression="snappy", maintain_order=False)
        """,
    "json": f"""
        import sys, polars as pl
        {_POLARS_TYPES.replace('pl.Datetime("us")', "pl.String")}
        pl.scan_ndjson(sys.argv[1], schema=schema){_POLARS_END}.sink_ndjson(sys.argv[2], maintain_order=False)
        """,
    "parquet": f"""
        import sys, polars as pl
        rows = pl.scan_parquet(sys.argv[1]){_POLARS_END}
        rows.sink_parquet(sys.argv[2], compression="snappy", maintain_order=False)
        """,
}

_BYTEWAX = """
        import sys, bytewax.operators as op, pyarrow as pa, pyarrow.compute as pc, pyarrow.csv as csv, pyarrow.parquet as pq
        from bytewax.dataflow import Dataflow
        from bytewax.inputs import DynamicSource, StatelessSourcePartition
        from bytewax.outputs import DynamicSink, StatelessSinkPartition
        from bytewax.testing import run_main
        types = {"id": pa.int64(), "name": pa.string(), "amount": pa.float64()}
        schema = pa.schema(list(types.items()))

        class Reading(StatelessSourcePartition):
            def __init__(self):
                options = csv.ConvertOptions(column_types=types, include_columns=list(types))
                self.batches = csv.open_csv(sys.argv[1], convert_options=options)
            def next_batch(self):
                return ITEMS(self.batches.read_next_batch())

        class Source(DynamicSource):
            def build(self, step_id, worker_index, worker_count):
                return Reading()

        class Writing(StatelessSinkPartition):
            def __init__(self):
                self.writer = pq.ParquetWriter(sys.argv[2], schema)
            def write_batch(self, items):
                WRITE
            def close(self):
                self.writer.close()

        class Sink(DynamicSink):
            def build(self, step_id, worker_index, worker_count):
                return Writing()

        flow = Dataflow("orders")
        rows = op.input("read", flow, Source())
        rows = op.filter("large", rows, KEEP)
        rows = op.map("upper", rows, CHANGE)
        op.output("write", rows, Sink())
        run_main(flow)
        """

BYTEWAX_ARROW = {
    "csv": _BYTEWAX.replace("ITEMS", "(lambda batch: [batch])")
    .replace("WRITE", "[self.writer.write_batch(item) for item in items]")
    .replace("KEEP", "lambda batch: True")
    .replace(
        "CHANGE",
        "lambda batch: (lambda kept: pa.RecordBatch.from_arrays([kept['id'], pc.utf8_upper(kept['name']), kept['amount']],"
        " schema=schema))(batch.filter(pc.greater(batch['amount'], 500.0)))",
    )
}

BYTEWAX_ROWS = {
    "csv": _BYTEWAX.replace("ITEMS", "(lambda batch: batch.to_pylist())")
    .replace("WRITE", "self.writer.write_batch(pa.RecordBatch.from_pylist(items, schema=schema))")
    .replace("KEEP", "lambda row: row['amount'] > 500")
    .replace("CHANGE", "lambda row: {**row, 'name': row['name'].upper()}")
}

_SPARK = """
        import sys
        from pyspark.sql import SparkSession, functions as f
        spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
        types = "id bigint, name string, category string, amount double, ts timestamp"
        rows = READ.filter("amount > 500").select("id", f.upper("name").alias("name"), "amount")
        rows.write.mode("overwrite").WRITE(sys.argv[2])
        """

SPARK = {
    "csv": _SPARK.replace("READ", "spark.read.csv(sys.argv[1], schema=types, header=True)").replace("WRITE", "parquet"),
    "json": _SPARK.replace("READ", "spark.read.json(sys.argv[1], schema=types)").replace("WRITE", "json"),
    "parquet": _SPARK.replace("READ", "spark.read.parquet(sys.argv[1])").replace("WRITE", "parquet"),
}

NUMPY = """
        import sys, numpy as np, pyarrow as pa
        rows, size, made = int(sys.argv[1]), 65536, 0
        letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
        random = np.random.Generator(np.random.Philox(7))
        while made < rows:
            count = min(size, rows - made)
            text = letters[random.integers(0, 52, (count, 5), dtype=np.uint8)]
            offsets = np.arange(0, 5 * count + 1, 5, dtype=np.int32)
            name = pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(text)])
            moment = random.integers(1735689600, 1767139200, count) * 1_000_000
            batch = pa.RecordBatch.from_arrays(
                [pa.array(random.integers(0, 2**63 - 1, count)), pa.array(random.integers(0, 2**31 - 1, count, dtype=np.int32)),
                 pa.array(random.random(count) * 1.7e308), name, pa.array(moment).view(pa.timestamp("us"))],
                names=["id", "quantity", "price", "name", "at"])
            made += batch.num_rows
        """


def command(interpreter: str, program: str, *arguments: str) -> list[str]:
    """The command that runs a program."""
    return [interpreter, "-c", dedent(program), *arguments]
