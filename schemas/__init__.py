"""One JSON Schema (2020-12) file per plugin, plus env, job and what they share: options, defaults, aliases, documentation.

Data, and :mod:`schemas.loader` to read it."""
