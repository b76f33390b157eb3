"""Say why a reference has no value, and what its author may have meant."""

from __future__ import annotations

import difflib
from itertools import chain, islice
from typing import Final

from spec.resolver.externals import Externals
from spec.resolver.nodes import ObjectNode, Reference, Slot

_NAME_LIMIT: Final = 500
_LENGTH_GAP: Final = 3


def explain_missing(reference: Reference, root: ObjectNode, externals: Externals) -> tuple[str, tuple[str, ...]]:
    """The message and the notes for a reference that nothing defines."""
    name = ".".join(reference.path)
    notes = [f"it is neither a key of the document nor an environment variable; give it with -i {name}=VALUE"]
    nested = _nested_path(reference, root)
    if nested:
        notes.append(f"a path in a SeaTunnel file is written ${{{nested}}}")
    known = islice(chain(externals.variables, root.slots, externals.environment), _NAME_LIMIT)
    # Comparing is slow; names of quite another length cannot be close anyway.
    similar = [other for other in known if other != name and abs(len(other) - len(name)) <= _LENGTH_GAP]
    close = difflib.get_close_matches(name, similar, n=1, cutoff=0.7)
    if close:
        notes.append(f"did you mean `{close[0]}`?")
    return f"`{name}` is not defined", tuple(notes)


def _nested_path(reference: Reference, root: ObjectNode) -> str:
    """``a->b`` when the reference says ``a.b`` in a dialect where a dot does not separate, and that path exists."""
    if len(reference.path) != 1 or "." not in reference.path[0]:
        return ""
    parts = reference.path[0].split(".")
    for split in range(1, len(parts)):
        slot: Slot | None = root.slots.get(".".join(parts[:split]))
        rest = ".".join(parts[split:])
        if slot and any(isinstance(node, ObjectNode) and rest in node.slots for node, _ in slot.entries):
            return f"{'.'.join(parts[:split])}->{rest}"
    return ""
