"""What an editor asks about a job file while it is being written: completions, hover, definitions, references, symbols.

Pure analysis of one text and an offset in it. It works on broken text, because that is what text is while someone types. Not
here: the language server protocol (``tui.language_server``), and diagnostics (``spec.check``).
"""
