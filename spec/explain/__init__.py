"""Pages that explain: a code, a plugin, an option. Made from the registry of codes and from the schemas, so that they are never
out of date; drawn for a terminal of any width, or as data."""
