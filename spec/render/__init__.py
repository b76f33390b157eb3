"""Shows diagnostics: text with caret snippets, JSON, SARIF, GitHub annotations. Pure functions from diagnostics to text.

Everything that comes from a job file is hostile here: control characters and terminal escapes never reach the output.
"""
