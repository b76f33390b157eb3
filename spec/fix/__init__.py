"""Applies the fixes that diagnostics carry: to the text, losslessly, and never so that a file gets worse.

What a fix *is* stands in :mod:`spec.diagnostic`; which fix a problem has is decided where the problem is found.
"""
