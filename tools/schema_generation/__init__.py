"""Rooms of ``generate_schemas.py``: the catalogue, the words, and how the two become JSON Schema."""
