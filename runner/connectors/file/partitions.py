"""``partition_by``: which directory a row's file belongs to.

The engine sorts rows into directories by one made-up column, the JSON list of the partition values; the directory that a person
sees is made from it here, so that no value can lead out of the target.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from runner.connectors.file.cell_text import MomentFormats, cell_text
from runner.connectors.file.unwritable import may_hold_anything, no_text
from runner.connectors.options import Options
from runner.connectors.refusal import Refusal, guarded
from runner.dataset.rejected import RejectionKind
from spec.sql.text import identifier, literal

NULL_DIRECTORY = "__HIVE_DEFAULT_PARTITION__"
_COLUMN = "flowdeck_partition"
_DEFAULT_EXPRESSION = "${k0}=${v0}/${k1}=${v1}/.../${kn}=${vn}/"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\"#%'*/:=?\\{\[\]^]")
_PLACEHOLDER = re.compile(r"\$\{([kv])(\d+)\}")
_LONGEST_NAME = 255
"""Bytes that the name of a directory can have."""
_SHORT = 24
"""Values of no more bytes than this, all together, cannot make a name too long, whatever is in them."""


class Partitioning:
    """The partition columns of a sink, and how their directories are called."""

    def __init__(self, names: Sequence[str], fields: Sequence[Any], options: Options) -> None:
        self.names = tuple(names)
        self._fields = {field.name: field for field in fields}
        missing = [name for name in names if name not in self._fields]
        if missing:
            raise options.error("partition_by", f"names columns that are not written: {', '.join(missing)}")
        expression = options.text("partition_dir_expression", default="").strip()
        self._expression = "" if expression == _DEFAULT_EXPRESSION else expression
        for kind, number in _PLACEHOLDER.findall(self._expression):
            if int(number) >= len(names):
                raise options.error("partition_dir_expression", f"has ${{{kind}{number}}} for {len(names)} columns")
        self.refusals = (*no_text([self._fields[name] for name in names]), *self._too_long())

    def column(self) -> str:
        """The select item that the engine partitions by."""
        return f"{guarded(self._value(), self.refusals, tuple(self._fields))} AS {_COLUMN}"

    def _value(self) -> str:
        return f"CAST(to_json([{', '.join(self._texts())}]) AS VARCHAR)"

    def _texts(self) -> list[str]:
        texts = (cell_text(identifier(name), self._fields[name].type, MomentFormats()) for name in self.names)
        return [f"CAST({text} AS VARCHAR)" for text in texts]

    def _too_long(self) -> Iterator[Refusal]:
        """Values that make the name of a directory too long: of one that the engine makes, or of one that people see."""
        named = zip(self._texts(), self.names, strict=True)
        unbounded = [text for text, name in named if may_hold_anything(self._fields[name].type)]
        if not unbounded:
            return
        size = " + ".join(f"coalesce(strlen({text}), 0)" for text in unbounded)
        sizes = [f"{len(_COLUMN) + 1} + strlen(url_encode({self._value()}))", *map(self._name_size, self._parts())]
        condition = f"greatest({', '.join(sizes)}) > {_LONGEST_NAME}"
        reason = f"the values of {', '.join(self.names)} are too long for the name of a directory"
        yield Refusal(RejectionKind.UNWRITABLE, reason, f"CASE WHEN {size} > {_SHORT} THEN {condition} ELSE false END")

    def _parts(self) -> list[str]:
        """The names of a row's directories, one below the other, with placeholders."""
        if self._expression:
            return self._expression.split("/")
        return [f"{escape(name)}=${{v{number}}}" for number, name in enumerate(self.names)]

    def _name_size(self, part: str) -> str:
        """SQL for the bytes of a directory's name."""
        texts = self._texts()
        sizes = [str(len(_PLACEHOLDER.sub("", part).encode()))]
        first = _PLACEHOLDER.match(part)
        if self._expression and first is not None and first[1] == "v":  # a dot that the name begins with is escaped
            sizes.append(f"CASE WHEN starts_with({texts[int(first[2])]}, '.') THEN 2 ELSE 0 END")
        elif self._expression and (escape(self.names[int(first[2])]) if first is not None else part).startswith("."):
            sizes.append("2")
        for kind, number in _PLACEHOLDER.findall(part):
            if kind == "k":
                sizes.append(str(len(escape(self.names[int(number)]).encode())))
            else:
                text = texts[int(number)]
                escaped = f"strlen(regexp_replace({text}, {literal(_UNSAFE.pattern)}, '%XX', 'g'))"
                sizes.append(f"CASE WHEN coalesce({text}, '') = '' THEN {len(NULL_DIRECTORY)} ELSE {escaped} END")
        return " + ".join(sizes)

    @property
    def copy_options(self) -> str:
        """What COPY needs besides the format's options."""
        return f"PARTITION_BY ({_COLUMN}), FILENAME_PATTERN 'part_{{i}}'"

    def files(self, staged: Path) -> Iterator[tuple[Path, str]]:
        """The files that a COPY made below ``staged``, each with its directory below the target."""
        for directory in sorted(staged.iterdir()):
            _, _, encoded = directory.name.partition("=")
            values = json.loads(unquote(encoded))
            for file in sorted(directory.iterdir()):
                yield file, self.directory(values)

    def directory(self, values: Sequence[str | None]) -> str:
        """The directory of these partition values."""
        safe = [escape(value) for value in values]
        if not self._expression:
            return "/".join(f"{escape(name)}={value}" for name, value in zip(self.names, safe, strict=True))

        def one(found: re.Match[str]) -> str:
            number = int(found[2])
            return escape(self.names[number]) if found[1] == "k" else safe[number]

        parts = (_PLACEHOLDER.sub(one, part) for part in self._expression.split("/"))
        return "/".join(f"%2E{part[1:]}" if part.startswith(".") else part for part in parts if part)


def escape(value: str | None) -> str:
    """A value as part of a directory's name, as Hive writes it."""
    if not value:
        return NULL_DIRECTORY
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", value)
