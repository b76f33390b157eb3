"""SeaTunnel's SQL in DuckDB: the rewriting of a query, the types of its columns, and where a query is wrong.

The one place of truth for a Sql transform: ``spec.dataflow`` binds queries with it to check them, the runner to run them.
Nothing here is imported by a check until a job has SQL whose input is known: DuckDB takes a tenth of a second to load.
"""
