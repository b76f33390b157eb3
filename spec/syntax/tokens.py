"""Cut text into tokens with one compiled pattern.

Whitespace is not a token: it is the gap between the end of one token and the start of the next, so nothing is lost and a
file costs one small record per thing that means something. Line breaks and comments are tokens.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import Final

from spec.position import SourceText, Span
from spec.syntax import kinds

TOKEN_LIMIT: Final = 1 << 21

SPACES: Final = r" \t\r\x0b\x0c\x1c-\x1f\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_RESERVED: Final = r"$\"{}\[\]:=,+#`^?!@*&\\"
_TEXT: Final = rf"(?:[^{_RESERVED}{SPACES}\n/]++|/(?!/))"
_POSITIVE_EXPONENT: Final = r"-?[0-9]++(?:\.[0-9]*+)?[eE]\+[0-9]++(?![eE.+-])"  # the one place where `+` needs no quotes
_QUOTED: Final = r'"(?!"")[^"\\\x00-\x1f]*+(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*+)*+"'
_QUOTED_LINE: Final = r'"(?!"")[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"'

_CHUNK: Final = 4096  # matches at a time, handled by loops inside the interpreter: a text is a million of them
_GROUP: Final = attrgetter("lastindex")
_END: Final = array("B", [kinds.END])

# The order of the groups is the numbering in kinds.py. Every character is matched by some group.
_PATTERN: Final = re.compile(
    rf"""[{SPACES}]*+(?:
    ({_POSITIVE_EXPONENT}{_TEXT}*+|{_TEXT}++)
    |(\n)
    |(=)
    |(\"\"\"(?:[^"]++|"(?!""))*+\"\"\""*+)
    |({_QUOTED})
    |(\{{)
    |(\}})
    |(\[)
    |(\])
    |(,)
    |(:)
    |(\#[^\n]*+|//[^\n]*+)
    |(\+=)
    |(\$\{{(?:[^"{{}}\n]++|{_QUOTED})*+\}})
    |({_QUOTED_LINE})
    |(\"\"\"[\s\S]*+)
    |("[^\n]*+)
    |(\$\{{[^}}\n]*+\}}?)
    |([\s\S])
    |(\Z)
    )""",
    # Verbose mode drops spaces outside classes; those inside SPACES stand in a class and stay.
    re.VERBOSE,
)


@dataclass(slots=True)
class Tokens:
    """The tokens of one text, as three parallel arrays; the last token is END (or SKIPPED and END when a budget ran out).

    Token ``i`` covers ``[starts[i], ends[i])``; what lies between ``ends[i - 1]`` and ``starts[i]`` is whitespace.
    """

    source: SourceText
    kinds: array[int]
    starts: array[int]
    ends: array[int]

    def text(self, index: int) -> str:
        """The characters of one token."""
        return self.source.text[self.starts[index] : self.ends[index]]

    def gap(self, index: int) -> str:
        """The whitespace before one token."""
        begin = self.ends[index - 1] if index else 0
        return self.source.text[begin : self.starts[index]]

    def span(self, first: int, end: int) -> Span:
        """The span of tokens ``[first, end)``, without the whitespace around them; empty at ``first`` when there are none."""
        if end <= first:
            return Span(self.source, self.starts[first], self.starts[first])
        return Span(self.source, self.starts[first], self.ends[end - 1])

    def limit_reached(self) -> bool:
        """Whether the text has more tokens than the reader takes."""
        return len(self.kinds) > TOKEN_LIMIT


def tokenize(source: SourceText) -> Tokens:
    """Cut ``source`` into tokens. Never fails: what cannot stand anywhere becomes a token of a broken kind."""
    tokens = Tokens(source, array("B"), array("I"), array("I"))
    matches = islice(_PATTERN.finditer(source.text), TOKEN_LIMIT)
    while chunk := list(islice(matches, _CHUNK)):
        found = list(map(_GROUP, chunk))
        tokens.kinds.extend(found)
        tokens.starts.extend(map(re.Match.start, chunk, found))
        tokens.ends.extend(map(re.Match.end, chunk))
    if tokens.kinds[-1] != kinds.END:
        _skip_rest(tokens)
    elif tokens.kinds[-2:-1] == _END:  # white space before the end, and then the end once more
        tokens.kinds.pop()
        tokens.starts.pop()
        tokens.ends.pop()
    return tokens


def _skip_rest(tokens: Tokens) -> None:
    size = len(tokens.source.text)
    for kind, begin in ((kinds.SKIPPED, tokens.ends[-1]), (kinds.END, size)):
        tokens.kinds.append(kind)
        tokens.starts.append(begin)
        tokens.ends.append(size)
