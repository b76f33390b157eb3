"""Turn a syntax tree into unresolved nodes: keys into paths, sections into lists of plugins, includes into fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spec.diagnostic import Applicability, Edit, Fix
from spec.position import Span
from spec.resolver.concatenate import check_literals, literal_text
from spec.resolver.dialect import PROFILES, Dialect, Profile
from spec.resolver.findings import Findings
from spec.resolver.include import Included, Includer
from spec.resolver.nodes import (
    Append,
    Concatenation,
    Entry,
    ListNode,
    Node,
    ObjectNode,
    Plugin,
    Reference,
    Slot,
    Via,
    Whitespace,
)
from spec.resolver.paths import PathElement, PathError, key_path, reference_path
from spec.resolver.properties import properties_object
from spec.resolver.section import SectionRules
from spec.resolver.steps import Step, ready
from spec.syntax import kinds
from spec.syntax.codes import SyntaxCode
from spec.syntax.lookalikes import lookalikes
from spec.syntax.readings import parse
from spec.syntax.strict import check_json
from spec.syntax.strings import decode_raw, decode_string, decode_word
from spec.syntax.tree import (
    ArraySyntax,
    Atom,
    ConcatenationSyntax,
    ErrorSyntax,
    FieldSyntax,
    IncludeSyntax,
    ObjectSyntax,
    SyntaxTree,
    ValueSyntax,
)
from spec.value import Scalar

_ROOT: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member stands: the keys above it (None below a list, where no path leads) and the section rules that hold."""

    path: tuple[str, ...] | None
    in_section: bool = False

    def below(self, keys: Sequence[PathElement]) -> Place:
        """The place inside the value of a field."""
        if self.path is None:
            return self
        return Place((*self.path, *(element.key for element in keys)), self.in_section)


_LIST = Place(None)
_SECTION = Place(None, in_section=True)


class Builder:
    """Builds the nodes of one source text; included texts get builders of their own."""

    def __init__(
        self, included: Included, profile: Profile, includer: Includer, findings: Findings, prefix: tuple[str, ...] = _ROOT
    ) -> None:
        self._included = included
        self._profile = profile
        self._includer = includer
        self._findings = findings
        self._prefix = prefix
        self._via: Via = included.via
        self._sections = SectionRules(profile, findings)
        self.tree: SyntaxTree = parse(included.source)
        tokens = self._tokens = self.tree.tokens
        self._source, self._text = tokens.source, tokens.source.text
        self._kinds, self._starts, self._ends = tokens.kinds, tokens.starts, tokens.ends
        findings.extend(self.tree.problems)
        if self.tree.doubtful:
            findings.doubt(self.tree.doubtful)
        for odd in lookalikes(tokens):
            findings.warn(odd.code, odd.span, odd.message, label=odd.label, notes=odd.notes, fix=odd.fix)
        if profile.strict:
            findings.extend(check_json(self.tree))

    # --- roots ----------------------------------------------------------------------------------------------------------

    def root(self) -> Step[Any]:
        """The whole document: an ObjectNode or a ListNode."""
        root = self.tree.root
        if isinstance(root, ArraySyntax):
            return self._list(root)
        return self._object(root, Place(_ROOT))

    def root_object(self) -> ObjectSyntax | None:
        """The root of an included text, which must be an object."""
        root = self.tree.root
        if isinstance(root, ObjectSyntax):
            return root
        message = "an included file must hold fields, not a list"
        self._findings.add(SyntaxCode.JSON_ROOT, self.tree.span(root), message)
        return None

    # --- blocks ---------------------------------------------------------------------------------------------------------

    def _object(self, syntax: ObjectSyntax, place: Place) -> Step[ObjectNode]:
        return self.members(syntax, ObjectNode(self.tree.span(syntax), self._via), place)

    def members(self, syntax: ObjectSyntax, target: ObjectNode, place: Place) -> Step[ObjectNode]:
        """Put the fields of a block into ``target``, which is the result."""
        for member in syntax.members:
            if isinstance(member, FieldSyntax):
                if self._plain_field(member, target):
                    continue
                if path := self._key(member):
                    node: Node = yield self._field_value(member, path, place)
                    self._put(target, member, path, node, place)
            elif isinstance(member, IncludeSyntax):
                yield self._include(member, target, place)
        return target

    def _plain_field(self, member: FieldSyntax, target: ObjectNode) -> bool:
        """Assign when one token is assigned (not appended) to one word or string: most fields, so it is worth a short cut."""
        value, first = member.value, member.first
        if type(value) is not Atom or member.key_end - first > 1 or self._kinds[member.operator] == kinds.PLUS_EQUALS:
            return False
        kind, begin, end = self._kinds[first], self._starts[first], self._ends[first]
        key = self._text[begin:end]
        if kind == kinds.STRING and "\\" not in key:
            key = key[1:-1]
        elif kind != kinds.UNQUOTED or (self._profile.separator and self._profile.separator in key):
            return False
        entry, span = (self._atom(value.first), ()), Span(self._source, begin, end)
        if key in target.slots:
            self._assign(target, key, span, entry)
        else:
            target.slots[key] = Slot(key, span, [entry])
        return True

    def _field_value(self, member: FieldSyntax, path: list[PathElement], place: Place) -> Step[Any]:
        value = member.value
        if isinstance(value, ObjectSyntax) and self._sections.is_section(path, place.path):
            return self.section(value)
        self._sections.check_field(self._tokens, member, path, place.path)
        return self._value_of(member, place.below(path))

    def _value_of(self, member: FieldSyntax, place: Place) -> Step[Any]:
        if member.value is not None:
            return self._value(member.value, place)
        at = self.tree.span(member).end
        return ready(Scalar(None, Span(self._source, at, at), self._via))

    def _put(self, target: ObjectNode, member: FieldSyntax, path: list[PathElement], node: Node, place: Place) -> None:
        """Assign ``node`` to ``path`` below ``target``, with an object for each key on the way."""
        source, first = self._source, path[0]
        if member.operator >= 0 and self._kinds[member.operator] == kinds.PLUS_EQUALS:
            if place.in_section:
                self._sections.append_in_section(self._tokens.span(member.operator, member.operator + 1))
            node = Append(node, node.span if not isinstance(node, Plugin) else node.name_span, self._via)
        end = self._ends[member.end - 1] if len(path) > 1 else 0
        for element in reversed(path[1:]):
            holder = ObjectNode(Span(source, element.start, end), self._via)
            holder.slots[element.key] = Slot(element.key, Span(source, element.start, element.end), [(node, ())])
            node = holder
        self._assign(target, first.key, Span(source, first.start, first.end), (node, ()))

    def _assign(self, target: ObjectNode, key: str, key_span: Span, entry: Entry) -> None:
        slot = target.slots.get(key)
        if slot is None:
            target.slots[key] = Slot(key, key_span, [entry])
            return
        node, earlier = entry[0], slot.entries[-1][0]
        if isinstance(node, ListNode) and node.section and isinstance(earlier, ListNode) and earlier.section:
            self._sections.repeated(key, slot.key_span, key_span)
            earlier.items.extend(node.items)
        else:
            self._sections.written_again(key, slot.key_span, earlier, key_span, node)
            slot.entries.append(entry)
        slot.key_span = key_span

    def _list(self, syntax: ArraySyntax) -> Step[ListNode]:
        items: list[Entry] = []
        for member in syntax.members:
            if isinstance(member, Atom):
                items.append((self._atom(member.first), ()))
            elif not isinstance(member, ErrorSyntax):
                items.append(((yield self._value(member, _LIST)), ()))
        return ListNode(items, self.tree.span(syntax), self._via)

    # --- sections -------------------------------------------------------------------------------------------------------

    def section(self, syntax: ObjectSyntax) -> Step[ListNode]:
        """The blocks of a section, one plugin each; nothing is merged."""
        section = ListNode([], self.tree.span(syntax), self._via, section=True)
        for member in syntax.members:
            if isinstance(member, FieldSyntax):
                path = self._key(member)
                if path is not None:
                    section.items.append(((yield self._plugin(member, path)), ()))
            elif isinstance(member, IncludeSyntax):
                self._sections.include_in_section(self.tree.span(member))
                for included in self._load(member):
                    section.items.extend((yield self._included_section(included)))
        return section

    def _included_section(self, included: Included) -> Step[list[Entry]]:
        if included.is_properties:
            slots = properties_object(included).slots.values()
            return [(Plugin(slot.key, slot.key_span, node), via) for slot in slots for node, via in slot.entries]
        builder = self._builder_of(included, None)
        fields = builder.root_object()
        section: ListNode | None = (yield builder.section(fields)) if fields else None
        return section.items if section else []

    def _plugin(self, member: FieldSyntax, path: list[PathElement]) -> Step[Plugin]:
        """``Name { ... }``; in ``Name->key { ... }`` the block is the value of ``key``."""
        first = path[0]
        node: Node = yield self._value_of(member, _SECTION)
        if len(path) > 1:
            holder = ObjectNode(self.tree.span(member), self._via)
            self._put(holder, member, path[1:], node, _SECTION)
            node = holder
        return Plugin(first.key, Span(self._source, first.start, first.end), node)

    # --- values ---------------------------------------------------------------------------------------------------------

    def _value(self, syntax: ValueSyntax, place: Place) -> Step[Any]:
        if isinstance(syntax, ObjectSyntax):
            return self._object(syntax, place)
        if isinstance(syntax, ArraySyntax):
            return self._list(syntax)
        if isinstance(syntax, ConcatenationSyntax):
            return self._concatenation(syntax, place)
        return ready(self._atom(syntax.first))

    def _concatenation(self, syntax: ConcatenationSyntax, place: Place) -> Step[Node]:
        parts: list[Node | Whitespace] = []
        previous: object = None
        for part in syntax.parts:
            gap = self._tokens.gap(part.first)
            if gap and isinstance(part, Atom) and isinstance(previous, Atom):
                parts.append(Whitespace(gap))
            parts.append(self._atom(part.first) if isinstance(part, Atom) else (yield self._value(part, place)))
            previous = part
        span = self.tree.span(syntax)
        text = literal_text(parts)
        if text is not None:
            return Scalar(text, span, self._via)
        node = Concatenation(parts, span, self._via)
        check_literals(node, self._findings)
        return node

    def _atom(self, index: int) -> Scalar | Reference:
        begin, end = self._starts[index], self._ends[index]
        text = self._text[begin:end]
        kind = self._kinds[index]
        span = Span(self._source, begin, end)
        data: str | int | float | bool | None
        if kind == kinds.UNQUOTED:
            data = decode_word(text, any_size=self._profile.strict)
        elif kind == kinds.STRING:
            data = decode_string(text)
        elif kind == kinds.SUBSTITUTION:
            return self._reference(text, span)
        else:
            data = _decode_other(kind, text)
        return Scalar(data, span, self._via)

    def _reference(self, text: str, span: Span) -> Scalar | Reference:
        optional = text.startswith("${?")
        start = 3 if optional else 2
        path = reference_path(text[start:-1], span.start + start, self._profile.separator)
        if isinstance(path, PathError):
            self._bad_reference(text, span, path)
            return Scalar(text, span, self._via)
        return Reference(tuple(element.key for element in path), optional, span, self._prefix, self._via)

    def _bad_reference(self, text: str, span: Span, problem: PathError) -> None:
        notes: tuple[str, ...] = ()
        fix = None
        if ":" in text and self._profile.placeholders:
            notes = ("a default works only inside quotes",)
            fix = Fix("put it in quotes", (Edit(span, f'"{text}"'),), Applicability.UNSAFE) if '"' not in text else None
        culprit = Span(span.source, problem.start, max(problem.end, problem.start))
        self._findings.add(SyntaxCode.BAD_PATH, culprit, problem.message, notes=notes, fix=fix)

    def _key(self, member: FieldSyntax) -> list[PathElement] | None:
        path = key_path(self._tokens, member.first, member.key_end, self._profile.separator)
        if isinstance(path, PathError):
            culprit = Span(self._source, min(path.start, path.end), path.end)
            self._findings.add(SyntaxCode.BAD_PATH, culprit, path.message)
            return None
        return path

    # --- includes -------------------------------------------------------------------------------------------------------

    def _include(self, syntax: IncludeSyntax, target: ObjectNode, place: Place) -> Step[None]:
        for included in self._load(syntax):
            if included.is_properties:
                for slot in properties_object(included).slots.values():
                    for entry in slot.entries:
                        self._assign(target, slot.key, slot.key_span, entry)
                continue
            builder = self._builder_of(included, place.path)
            fields = builder.root_object()
            if fields:
                yield builder.members(fields, target, place)

    def _load(self, syntax: IncludeSyntax) -> list[Included]:
        if self._profile.strict:
            return []  # JSON has no includes; that has been said
        name = self._tokens.text(syntax.name)
        return self._includer.load(syntax, self.tree.span(syntax), name, self._included)

    def _builder_of(self, included: Included, path: tuple[str, ...] | None) -> Builder:
        profile = PROFILES[Dialect.JSON] if included.is_json else self._profile
        return Builder(included, profile, self._includer, self._findings, path or _ROOT)


def _decode_other(kind: int, text: str) -> str:
    """The text of a raw string, or the best reading of a broken token (the parser has complained about it)."""
    if kind in (kinds.RAW_STRING, kinds.UNTERMINATED_RAW):
        return decode_raw(text)
    if kind == kinds.CONTROL_STRING:
        return decode_string(text)
    return text[1:] if kind == kinds.UNTERMINATED_STRING else text
