"""The registry of diagnostic codes: what each one means, why it matters, and an example of the mistake and of its repair.

One module per family; :mod:`spec.codes.registry` has them all. Read by ``explain``, SARIF and the tests, not by the checks.
"""
