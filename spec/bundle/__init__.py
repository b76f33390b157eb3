"""The schema of a whole job file in one document, for editors.

The files in ``schemas/`` describe options in their canonical form, which checks arrive at first (``spec.checks.canonical``). An
editor validates what is written, so the bundle allows every spelling that the canonical form is made from: older names, nested
and dotted keys, numbers in quotes, text for a list, enum values in any case, ``${variables}``."""
