"""Find what a slot or a reference holds: merging, looking back for self-reference, and nothing deeper than the answer needs.

Evaluation is lazy. A slot evaluates to its *head*: the shape of its value, with the fields and items still unevaluated, so
that ``bar { foo = 42, baz = ${bar.foo} }`` is no cycle. While a slot is being evaluated, references that lead back to it see
only what was assigned to it earlier. So do references written in a block that the slot takes in by reference: wherever such a
block is read, and whatever comes first, they see what the slot held before (and, if that lacks the value, what it holds).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spec.position import Span
from spec.resolver.budget import AGAIN_COST, DRAWN_COST, ITEM_COST, REFERENCE_COST, SLOT_COST, Budget
from spec.resolver.codes import ResolveCode
from spec.resolver.concatenate import as_list, concatenate
from spec.resolver.externals import Externals
from spec.resolver.findings import Findings
from spec.resolver.nodes import (
    Append,
    Concatenation,
    Entry,
    Head,
    Held,
    ListNode,
    Node,
    ObjectNode,
    Plugin,
    Reference,
    Slot,
    Via,
    Whitespace,
    is_placeholder,
    stands_in,
    through,
    written,
)
from spec.resolver.steps import Step, ready
from spec.resolver.suggest import explain_missing
from spec.value import Scalar

CHAIN_LIMIT: Final = 1000
_UNTAINTED: Final = 1 << 60
_NOWHERE: Final = -1
_SETTLED: Final = (Scalar, ObjectNode, ListNode)


def settled(slot: Slot) -> Head | None:
    """What the slot holds when that needs no evaluation."""
    if len(slot.entries) == 1:
        node, via = slot.entries[0]
        if isinstance(node, _SETTLED):
            return node, via
    return None


class Evaluator:
    """Evaluates the slots of one document."""

    def __init__(
        self, root: ObjectNode, externals: Externals, findings: Findings, budget: Budget, enclosing: Mapping[int, Span]
    ) -> None:
        self._root = root
        self._enclosing = enclosing  # the objects and lists around the value that is being made, by identity
        self._externals = externals
        self._findings = findings
        self._budget = budget
        self._chain: list[Slot] = []  # the slots under evaluation, outermost first
        # The outermost position of the chain that the current evaluation has looked back to. A result that depends on a
        # slot still under evaluation outside of it holds only there and must not be remembered.
        self._taint = _UNTAINTED

    def slot(self, slot: Slot) -> Step[Head | None]:
        """What the slot holds; None when it holds nothing (optional references without a value)."""
        return self._considered(slot, len(slot.entries))

    def node(self, node: Node) -> Step[Head | None]:
        """What a node stands for."""
        if isinstance(node, Reference):
            return self._reference(node)
        if isinstance(node, Concatenation):
            return self._concatenation(node)
        if isinstance(node, Plugin):
            return self.node(node.node)
        if isinstance(node, Held):
            return self.slot(node.slot)
        if isinstance(node, Append):
            return ready((ListNode([(node.node, ())], node.span, node.via), ()))
        return ready((node, ()))

    # --- slots ----------------------------------------------------------------------------------------------------------

    def _considered(self, slot: Slot, count: int) -> Step[Head | None]:
        """What the first ``count`` assignments to the slot make, the newest one first."""
        known = slot.known = {} if slot.known is None else slot.known
        if count in known:
            return known[count]
        position = len(self._chain)
        if position >= CHAIN_LIMIT:
            return self._too_long(slot)
        outer_taint, self._taint = self._taint, _UNTAINTED
        active = slot.active = [] if slot.active is None else slot.active
        active.append(count)
        self._chain.append(slot)
        head: Head | None = yield self._newest(slot, active, count)
        self._chain.pop()
        active.pop()
        if self._taint >= position:
            known[count] = head
            self._taint = outer_taint
        else:
            self._taint = min(self._taint, outer_taint)
            self._budget.spend(AGAIN_COST, slot.key_span)
        return head

    def _too_long(self, slot: Slot) -> Head:
        message = f"more than {CHAIN_LIMIT} references follow each other"
        self._findings.add(ResolveCode.VALUE_TOO_DEEP, slot.key_span, message)
        return Scalar(None, slot.key_span), ()

    def _newest(self, slot: Slot, active: list[int], count: int) -> Step[Head | None]:
        """The newest assignment; an object is merged over the objects before it, down to the first that is none."""
        objects: list[Head] = []
        for index in range(count - 1, -1, -1):
            active[-1] = index
            entry = slot.entries[index]
            head: Head | None
            head = (entry[0], entry[1]) if isinstance(entry[0], _SETTLED) else (yield self._assignment(slot, index))
            if head is None:
                continue
            if not isinstance(entry[0], _SETTLED):
                self._note_drawn(slot, head[0], index)
            if not isinstance(head[0], ObjectNode):
                return self._merge(objects) if objects else head
            objects.append(head)
        return self._merge(objects) if objects else None

    def _note_drawn(self, slot: Slot, node: Scalar | ListNode | ObjectNode, index: int) -> None:
        """Remember the blocks and lists that the assignment ``index`` brought in from elsewhere; the first to do so counts,
        as one that leads back to the slot itself brings in again what an earlier one did."""
        if isinstance(node, Scalar):
            return
        drawn = slot.drawn = {} if slot.drawn is None else slot.drawn
        sources = written(node)
        self._budget.spend(ITEM_COST * len(sources), slot.key_span)
        for source in sources:
            drawn.setdefault(id(source), (source, index))

    def _assignment(self, slot: Slot, index: int) -> Step[Head | None]:
        node, via = slot.entries[index]
        if isinstance(node, Append):
            appended: Head = yield self._append(slot, index)
            return appended
        head: Head | None = yield self.node(node)
        return (head[0], through(via, head[1])) if head else None

    def _append(self, slot: Slot, index: int) -> Step[Head]:
        """A run of ``+=`` that ends at ``index``, behind what the slot held before the run."""
        start = index
        while start > 0 and isinstance(slot.entries[start - 1][0], Append):
            start -= 1
        before: Head | None = yield self._considered(slot, start)
        items: list[Entry] = []
        added = [(node, via) for node, via in slot.entries[start : index + 1] if isinstance(node, Append)]
        newest = added[-1][0]
        earlier = as_list(before[0]) if before is not None and isinstance(before[0], ObjectNode) else before and before[0]
        if before is not None and isinstance(earlier, ListNode):
            items = [(node, through(before[1], via)) for node, via in earlier.items]
        elif before is not None and not is_placeholder(before[0]):
            message = f"`+=` needs a list, but `{slot.key}` holds something else before"
            notes = (f"help: write {slot.key} = [...] before, or = in place of += to replace the value",)
            self._findings.add(ResolveCode.APPEND_TO_NON_LIST, newest.span, message, label="appended here", notes=notes)
        items.extend((append.node, via) for append, via in added)
        self._budget.spend(ITEM_COST * len(items), slot.key_span)
        return ListNode(items, newest.span, newest.via), ()

    def _merge(self, newest_first: list[Head]) -> Head:
        """Objects merged; fields of newer ones are further assignments to the same keys."""
        newest, newest_via = newest_first[0]
        if len(newest_first) == 1:
            return newest, newest_via
        merged = ObjectNode(newest.span, newest.via)
        for node, via in reversed(newest_first):
            if isinstance(node, ObjectNode):
                self._merge_into(merged, node, via)
                merged.made_of += node.made_of or (node,)
        return merged, ()

    def _merge_into(self, merged: ObjectNode, node: ObjectNode, via: Via) -> None:
        if via:
            self._budget.spend(SLOT_COST * (1 + len(node.slots)), via[-1])
        for key, slot in node.slots.items():
            # What is merged again and again in different company doubles its assignments each time.
            self._budget.spend(ITEM_COST * len(slot.entries), slot.key_span)
            entries = _entries_through(slot, via) if via else slot.entries
            known = merged.slots.get(key)
            if known is None:
                merged.slots[key] = Slot(key, slot.key_span, list(entries))
            else:
                known.entries.extend(entries)
                known.key_span = slot.key_span

    # --- references -----------------------------------------------------------------------------------------------------

    def _reference(self, reference: Reference) -> Step[Head | None]:
        self._budget.spend(REFERENCE_COST, reference.span)
        cycles = 0
        head: Head | None = None
        for path in _candidates(reference):
            found, looped = yield self._lookup(reference, path, (self._root, ()))
            cycles += looped
            if found is not None:
                head = found
                break
        if head is None:
            external = self._externals.find(reference.path, reference.span)
            if external is not None:
                head = external, ()
        if head is not None and reference.optional and id(head[0]) in self._enclosing:
            self._taint = _NOWHERE
            return None  # what encloses this very value: seen from elsewhere the reference may well have a value
        if head is not None:
            return head[0], through((*reference.via, reference.span), head[1])
        if reference.optional:
            return None
        self._report(reference, cycle=cycles > 0)
        return Scalar(reference.span.text, reference.span, reference.via), ()

    def _lookup(self, reference: Reference, path: tuple[str, ...], start: Head) -> Step[tuple[Head | None, bool]]:
        """What ``path`` leads to from ``start``, and whether the way there closes a cycle."""
        node, via = start
        for depth, key in enumerate(path, 1):
            slot = node.slots.get(key) if isinstance(node, ObjectNode) else None
            if slot is None:
                return None, False
            head = settled(slot)
            if head is None and slot.active:
                head, looped = yield self._look_back(slot)
                if looped:
                    return None, True
            elif head is None:
                head = yield self._considered(slot, len(slot.entries))
                if slot.drawn and (earlier := (yield self._before(reference, slot, path[depth:]))) is not None:
                    return (earlier[0], through(via, earlier[1])), False
            if head is None:
                return None, False
            node, via = head[0], through(via, head[1])
        return (node, via), False

    def _before(self, reference: Reference, slot: Slot, rest: tuple[str, ...]) -> Step[Head | None]:
        """What ``rest`` leads to in what the slot held before it took in, by reference, the very block that ``reference``
        stands in: such a reference looks back. None when it stands elsewhere, or there was no such value before."""
        drawn = slot.drawn or {}
        self._budget.spend(DRAWN_COST * len(drawn), reference.span)
        index = max((index for node, index in drawn.values() if stands_in(reference, node)), default=0)
        if index == 0:
            return None  # it stands elsewhere, or nothing was there before
        self._budget.spend(AGAIN_COST, reference.span)
        before: Head | None = yield self._considered(slot, index)
        if before is None:
            return None
        found: Head | None = (yield self._lookup(reference, rest, before))[0]
        if found is None or any(stands_in(reference, node) for node in written(found[0])):
            return None  # the value would hold itself
        return found

    def _look_back(self, slot: Slot) -> Step[tuple[Head | None, bool]]:
        """A reference leads back to a slot under evaluation: it sees what was assigned before, if anything was.

        When nothing was, but a slot further in still has earlier assignments to fall back on, the cycle is broken there.
        """
        position = len(self._chain) - 1
        while self._chain[position] is not slot:
            position -= 1
        self._taint = min(self._taint, position)
        index = slot.active[-1] if slot.active else 0
        if index > 0:
            return (yield self._considered(slot, index)), False
        if any(other.active and other.active[-1] > 0 for other in self._chain[position + 1 :]):
            return (yield self._considered(slot, len(slot.entries))), False
        return None, True

    def _report(self, reference: Reference, *, cycle: bool) -> None:
        if cycle:
            message = f"`{reference.span.text}` leads back to itself, and there is no earlier value to use"
            advice = ("help: give one of the values in the circle a value of its own",)
            self._findings.add(ResolveCode.CYCLE, reference.span, message, label="part of a cycle", notes=advice)
            return
        if self._findings.full:
            return
        message, notes = explain_missing(reference, self._root, self._externals)
        self._findings.add(ResolveCode.UNRESOLVED, reference.span, message, label="not defined", notes=notes)

    # --- concatenations -------------------------------------------------------------------------------------------------

    def _concatenation(self, node: Concatenation) -> Step[Head | None]:
        pieces: list[Head | Whitespace] = []
        for part in node.parts:
            if isinstance(part, Whitespace):
                pieces.append(part)
                continue
            head: Head | None = (part, ()) if isinstance(part, _SETTLED) else (yield self.node(part))
            if head is not None:
                pieces.append(head)
        result = concatenate(pieces, node, self._merge, self._findings)
        if result is not None and isinstance(result[0], Scalar):
            size = len(result[0].data) if isinstance(result[0].data, str) else 0
            self._budget.spend(size, node.span)
        elif result is not None and isinstance(result[0], ListNode):
            self._budget.spend(ITEM_COST * len(result[0].items), node.span)
        return result


def _entries_through(slot: Slot, via: Via) -> list[Entry]:
    """The assignments of a slot that was reached by a reference. What it appends belongs to the list it stood behind there."""
    if any(isinstance(entry, Append) for entry, _ in slot.entries):
        return [(Held(slot), via)]
    return [(entry, through(via, entry_via)) for entry, entry_via in slot.entries]


def _candidates(reference: Reference) -> tuple[tuple[str, ...], ...]:
    if reference.prefix:
        return (*reference.prefix, *reference.path), reference.path
    return (reference.path,)
