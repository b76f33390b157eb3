"""Every transform; ``untouched`` columns are most of those of every type."""

from __future__ import annotations

from cases import TransformCase
from every_type import FIELDS

_ALL = tuple(FIELDS)
_BUT_TEXT = tuple(name for name in _ALL if name != "s")

CASES = [
    TransformCase("Copy", "every type", {"fields": {f"{name}_copy": name for name in _ALL}}, untouched=_ALL),
    TransformCase("FieldMapper", "every type", {"field_mapper": {name: name for name in reversed(_ALL)}}, untouched=_ALL),
    TransformCase("Filter", "include", {"include_fields": list(_ALL)}, untouched=_ALL),
    TransformCase("Filter", "exclude", {"exclude_fields": ["s"]}, untouched=_BUT_TEXT),
    TransformCase("Replace", "literal", {"replace_field": "s", "pattern": "l", "replacement": "L"}, untouched=_BUT_TEXT),
    TransformCase(
        "Replace",
        "pattern",
        {"replace_field": "s", "pattern": "[aeiou]", "replacement": "*", "is_regex": True},
        untouched=_BUT_TEXT,
    ),
    TransformCase("Split", "literal", {"split_field": "s", "separator": "o", "output_fields": ["one", "two"]}, untouched=_ALL),
    TransformCase(
        "Split", "pattern", {"split_field": "s", "separator": "[ou]", "output_fields": ["one", "two"]}, untouched=_ALL
    ),
    TransformCase("Sql", "everything", {"query": "SELECT * FROM rows"}, untouched=_ALL),
    TransformCase("Sql", "filter", {"query": "SELECT *, id * 2 AS doubled, upper(s) AS shouted FROM rows WHERE id % 2 = 0"}),
]
