"""What flows along an edge, as Arrow and as SQL: types, arrays, identifiers and the engine. Knows no plugin and no worker."""
