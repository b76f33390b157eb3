"""Transforms, one module each: every one compiles to SQL over its input."""
