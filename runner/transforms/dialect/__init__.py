"""SeaTunnel's SQL on DuckDB: what is written differently or means something else is rewritten in the syntax tree."""
