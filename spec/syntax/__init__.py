"""The lossless reader of HOCON and JSON text: tokens, the concrete syntax tree, and what is wrong with the text.

A tree reprints exactly, broken text included. What the text *means* (merging, substitution, includes) is
:mod:`spec.resolver`'s business.
"""
