"""Make the final values: every slot evaluated, every reference followed, every placeholder filled."""

from __future__ import annotations

from typing import Any, Final

from spec.diagnostic import Label
from spec.position import Span
from spec.resolver.budget import NODE_COST, Budget, Endless
from spec.resolver.codes import ResolveCode
from spec.resolver.dialect import Profile
from spec.resolver.evaluate import Evaluator, settled
from spec.resolver.externals import Externals
from spec.resolver.findings import Findings
from spec.resolver.nodes import Entry, Head, ListNode, Node, ObjectNode, Plugin, Slot, Via, is_placeholder, through
from spec.resolver.section import SectionRules
from spec.resolver.steps import Step, ready
from spec.value import Field, ListValue, ObjectValue, Scalar, Value

VALUE_DEPTH: Final = 256


class Forcer:
    """Turns heads into values. The result is a tree: what several references share is copied, each copy with its own way."""

    def __init__(
        self,
        evaluator: Evaluator,
        profile: Profile,
        externals: Externals,
        findings: Findings,
        budget: Budget,
        enclosing: dict[int, Span],
    ) -> None:
        self._evaluator = evaluator
        self._profile = profile
        self._fill = externals.fill if profile.placeholders else None
        self._findings = findings
        self._sections = SectionRules(profile, findings)
        self._budget = budget
        self._open = enclosing  # the objects and lists around the current value

    def value(self, node: Scalar | ListNode | ObjectNode, via: Via) -> Step[Any]:
        """The value of a head that was reached through ``via``; None for an optional reference to what it stands in."""
        if isinstance(node, Scalar):
            return ready(self._scalar(node, via))
        if id(node) in self._open and via and via[-1].text.startswith("${?"):
            return ready(None)
        if id(node) in self._open or len(self._open) >= VALUE_DEPTH:
            self._report_depth(node, via)
            return ready(Scalar(None, node.span, through(via, node.via)))
        if via:
            self._budget.spend(NODE_COST, via[-1])
        return self._object(node, via) if isinstance(node, ObjectNode) else self._list(node, via)

    def _report_depth(self, node: ListNode | ObjectNode, via: Via) -> None:
        if not via:
            self._findings.add(ResolveCode.VALUE_TOO_DEEP, node.span, f"values are nested more than {VALUE_DEPTH} deep")
            return
        problem = Endless(via[-1])
        if id(node) not in self._open:
            raise problem
        labels = (Label(node.span, "this value holds itself"),)
        self._findings.add(ResolveCode.CYCLE, problem.span, problem.message, label="part of a cycle", secondary=labels)

    def _scalar(self, node: Scalar, via: Via) -> Scalar:
        data = node.data
        if self._fill and isinstance(data, str) and "${" in data:
            data = self._fill(data)
        if not via:
            return node if data is node.data else Scalar(data, node.span, node.via)
        self._budget.spend(NODE_COST + (len(data) if isinstance(data, str) else 0), via[-1])
        return Scalar(data, node.span, through(via, node.via))

    def _object(self, node: ObjectNode, via: Via) -> Step[ObjectValue]:
        self._open[id(node)] = node.span
        fields: list[Field] = []
        value: Value | None
        for slot in node.slots.values():
            entry = slot.entries[0]
            if type(entry[0]) is Scalar and len(slot.entries) == 1:  # most fields, so it is worth a short cut
                value = self._scalar(entry[0], through(via, entry[1]))
                fields.append(Field(slot.key, slot.key_span, value))
                continue
            head = settled(slot) or (yield self._evaluator.slot(slot))
            if head is None:
                continue
            inner, inner_via = head
            inner_via = through(via, inner_via)
            if isinstance(inner, Scalar):
                value = self._scalar(inner, inner_via)
            else:
                value = yield self.value(inner, inner_via)
            if value is not None:
                fields.append(Field(slot.key, slot.key_span, value))
        if self._profile.sections:
            self._check_dotted(node)
        del self._open[id(node)]
        return ObjectValue(tuple(fields), node.span, through(via, node.via))

    def _list(self, node: ListNode, via: Via) -> Step[ListValue]:
        self._open[id(node)] = node.span
        items: list[Value] = []
        for entry in node.items:
            inner = entry[0]
            if isinstance(inner, Scalar):
                items.append(self._scalar(inner, through(via, entry[1])))
                continue
            value: Value | None = yield self._item(entry, via)
            if value is not None:
                items.append(value)
        del self._open[id(node)]
        return ListValue(tuple(items), node.span, through(via, node.via))

    def _item(self, entry: Entry, via: Via) -> Step[Any]:
        node, entry_via = entry
        if isinstance(node, ObjectNode):
            return self.value(node, through(via, entry_via))
        return self._evaluated_item(node, through(via, entry_via))

    def _evaluated_item(self, node: Node, via: Via) -> Step[Value | None]:
        head: Head | None = yield self._evaluator.node(node)
        if head is None:
            return None
        value: Value | None = yield self.value(head[0], through(via, head[1]))
        return self._plugin(node, value) if isinstance(node, Plugin) and value is not None else value

    def _plugin(self, plugin: Plugin, value: Value) -> Value:
        """The block of a section with its name; text or a list in place of a block is left as it is, and reported."""
        if not isinstance(value, ObjectValue):
            if isinstance(value, Scalar) and (value.data is None or is_placeholder(value)):
                return value  # nothing was written, or nothing known: that has been said
            message = f"`{plugin.name}` is not a block; a section holds plugins, written `{plugin.name} {{ ... }}`"
            notes = ("SeaTunnel would drop the name and keep the bare value",)
            self._findings.warn(ResolveCode.ENTRY_NOT_BLOCK, plugin.name_span, message, label="not a plugin", notes=notes)
            return value
        if (given := value.get("plugin_name")) is not None:
            if isinstance(given, Scalar):
                self._sections.other_name(plugin.name, given, plugin.name_span)
            return value
        name = Field("plugin_name", plugin.name_span, Scalar(plugin.name, plugin.name_span, value.via))
        return ObjectValue((*value.fields, name), value.span, value.via)

    def _check_dotted(self, node: ObjectNode) -> None:
        """``checkpoint { interval = 1 }`` beside ``checkpoint.interval = 2`` are two settings, of which one is read."""
        for key, slot in node.slots.items():
            if "." in key and (other := _nested(node, key)):
                message = f"`{key}` is also set inside a block; in a SeaTunnel file these are two different keys"
                labels = (Label(other.key_span, "has no effect"),)
                notes = ("help: write it once",)
                self._findings.warn(
                    ResolveCode.DOTTED_AND_NESTED, slot.key_span, message, label="counts", secondary=labels, notes=notes
                )


def _nested(node: ObjectNode, key: str) -> Slot | None:
    first, _, rest = key.partition(".")
    outer = node.slots.get(first)
    for inner, _ in outer.entries if outer else ():
        if isinstance(inner, ObjectNode):
            return inner.slots.get(rest) or _nested_deeper(inner, rest)
    return None


def _nested_deeper(node: ObjectNode, key: str) -> Slot | None:
    """Follow the remaining names of a dotted key one block at a time."""
    names = key.split(".")
    slot: Slot | None = None
    current: ObjectNode | None = node
    for name in names:
        slot = current.slots.get(name) if current else None
        if slot is None:
            return None
        current = next((inner for inner, _ in slot.entries if isinstance(inner, ObjectNode)), None)
    return slot
