"""The codes of everything that can be wrong with a file or its syntax."""

from __future__ import annotations

import enum


class SyntaxCode(enum.StrEnum):
    """Stable identifiers; the value is what people see."""

    FILE_MISSING = "S001"
    NOT_A_FILE = "S002"
    UNREADABLE = "S003"
    TOO_LARGE = "S004"
    BINARY = "S005"
    NOT_UTF8 = "S006"
    EMPTY = "S007"
    UNCLOSED = "S010"
    STRAY_CLOSING = "S011"
    MISSING_VALUE = "S012"
    MISSING_SEPARATOR = "S013"
    RESERVED_CHARACTER = "S014"
    UNTERMINATED_STRING = "S015"
    BAD_ESCAPE = "S016"
    BAD_PATH = "S017"
    UNTERMINATED_SUBSTITUTION = "S018"
    KEY_EXPECTED = "S019"
    OPERATOR_EXPECTED = "S020"
    EXTRA_COMMA = "S021"
    TRAILING_TEXT = "S022"
    TOO_DEEP = "S023"
    BAD_INCLUDE = "S024"
    CONTROL_CHARACTER = "S025"
    TOO_MANY_PROBLEMS = "S026"
    FIELD_IN_LIST = "S027"
    JSON_COMMENT = "S030"
    JSON_TRAILING_COMMA = "S031"
    JSON_DUPLICATE_KEY = "S032"
    JSON_UNQUOTED = "S033"
    JSON_ROOT = "S034"
    JSON_OPERATOR = "S035"
    JSON_NUMBER = "S036"
    JSON_WHITESPACE = "S037"
    JSON_HOCON_FEATURE = "S038"
