"""The canonical layout of job files: what :mod:`tui.cli.fmt` and the language server write. Comments, values and meaning stay;
docs/formatting.md describes the style. Nothing here evaluates a document: includes and references are only moved about."""
