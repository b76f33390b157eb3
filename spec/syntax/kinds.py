"""The kinds of token. Plain integers, because the reader compares millions of them; the number is the group of the pattern."""

from __future__ import annotations

from typing import Final

UNQUOTED: Final = 1
NEWLINE: Final = 2
EQUALS: Final = 3
RAW_STRING: Final = 4
STRING: Final = 5
OPEN_BRACE: Final = 6
CLOSE_BRACE: Final = 7
OPEN_BRACKET: Final = 8
CLOSE_BRACKET: Final = 9
COMMA: Final = 10
COLON: Final = 11
COMMENT: Final = 12
PLUS_EQUALS: Final = 13
SUBSTITUTION: Final = 14
CONTROL_STRING: Final = 15  # a quoted string with an unescaped control character
UNTERMINATED_RAW: Final = 16  # `"""` without an end: reaches to the end of the text
UNTERMINATED_STRING: Final = 17  # `"` without an end: reaches to the end of the line
BROKEN_SUBSTITUTION: Final = 18  # `${` that is not closed, or holds what no path may hold
RESERVED: Final = 19  # one character that may only stand inside quotes
END: Final = 20
SKIPPED: Final = 21  # everything after a budget ran out

TRIVIA: Final = frozenset({NEWLINE, COMMENT})
OPERATORS: Final = frozenset({EQUALS, COLON, PLUS_EQUALS})
BROKEN: Final = frozenset({CONTROL_STRING, UNTERMINATED_RAW, UNTERMINATED_STRING, BROKEN_SUBSTITUTION, RESERVED})
STRINGS: Final = frozenset({STRING, RAW_STRING, CONTROL_STRING, UNTERMINATED_RAW, UNTERMINATED_STRING})
SIMPLE: Final = frozenset({UNQUOTED, SUBSTITUTION}) | STRINGS | BROKEN  # may stand in a value; broken ones are reported
KEY: Final = (SIMPLE - {SUBSTITUTION, BROKEN_SUBSTITUTION}) | {RESERVED}  # may stand in a key
LINE_ENDS: Final = frozenset({NEWLINE, COMMENT, COMMA, CLOSE_BRACE, CLOSE_BRACKET, END, SKIPPED})
ENDS: Final = frozenset({END, SKIPPED})
