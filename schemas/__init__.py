"""One JSON Schema (2020-12) file per plugin, plus env and job: options, defaults, aliases, documentation. Data and a loader."""
