"""The language server: glue between editors, which speak its protocol, and ``spec.language`` and ``spec.check``.

Not here: any knowledge of job files. Nothing in this room writes a file; editors apply the edits it sends.
"""
