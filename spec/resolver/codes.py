"""The codes of everything that can be wrong with includes, references and dialects."""

from __future__ import annotations

import enum


class ResolveCode(enum.StrEnum):
    """Stable identifiers; the value is what people see."""

    UNRESOLVED = "I101"
    CYCLE = "I102"
    MIXED_CONCATENATION = "I103"
    OUTPUT_TOO_LARGE = "I104"
    VALUE_TOO_DEEP = "I105"
    RESERVED_VARIABLE = "I106"
    VARIABLE_SHADOWED = "I107"
    APPEND_TO_NON_LIST = "I108"
    INCLUDE_MISSING = "I110"
    INCLUDE_REFUSED = "I111"
    INCLUDE_OUTSIDE = "I112"
    INCLUDE_LOOP = "I113"
    INCLUDE_TOO_MANY = "I114"
    INCLUDE_UNREADABLE = "I115"
    SECTION_REPEATED = "D301"
    INCLUDE_IN_SECTION = "D302"
    LIST_IN_SECTION = "D303"
    DOTTED_AND_NESTED = "D304"
    NESTED_SECTION_KEY = "D305"
    APPEND_IN_SECTION = "D306"
    ENTRY_NOT_BLOCK = "D307"
    KEY_REPEATED = "D308"
    OTHER_PLUGIN_NAME = "D309"
