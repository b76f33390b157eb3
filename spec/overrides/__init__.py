"""Overrides: values of a job file that are replaced from outside, as `flowdeck restart JOB --set path=value` asks for.

What a path means is in :mod:`spec.overrides.path`, putting the value in place in :mod:`spec.overrides.apply`. Whether the
result makes sense is the business of the checks (``spec.check``), which see no difference to a value of the file.
"""
