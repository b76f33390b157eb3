"""Types along the edges of a job: what columns each dataset has, and what of it does not fit. Reads no data and no file.

:mod:`spec.dataflow.propagate` is the door. What cannot be known stays unknown, and of what is unknown nothing is said.
"""
