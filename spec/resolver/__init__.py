"""What a document means: includes, merging, concatenation and substitution, with the origin of every value.

The steps, each in a module of its own: :mod:`build` turns syntax trees into unresolved nodes, :mod:`evaluate` finds what a
slot holds, :mod:`force` makes the final values. Nothing here recurses: text may nest and refer as it likes, a bounded
number of steps and a bounded amount of output later the reader is done.
"""
