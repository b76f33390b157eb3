"""The checks of a resolved job file: sections, options against their schema, wiring, types, engine support, old names.

Each check reads values with positions and adds to :class:`spec.checks.findings.Findings`. Reading the text is
``spec.document``'s business, showing what was found ``spec.render``'s; :mod:`spec.check` puts the checks in order.
"""
