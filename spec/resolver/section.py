"""The section rules of SeaTunnel files, and where its own reader would lose or change what the text says."""

from __future__ import annotations

from typing import Final

from spec.diagnostic import Edit, Fix, Label
from spec.fix.removal import removal_of
from spec.position import Span
from spec.resolver.codes import ResolveCode
from spec.resolver.dialect import Profile
from spec.resolver.findings import Findings
from spec.resolver.nodes import ListNode, Node
from spec.resolver.paths import PathElement
from spec.syntax.tokens import Tokens
from spec.syntax.tree import ArraySyntax, ConcatenationSyntax, FieldSyntax, ObjectSyntax, ValueSyntax
from spec.value import Scalar

_READS: Final = "flowdeck reads what the text says; SeaTunnel would not"


class SectionRules:
    """Knows which objects are sections, and warns about text that SeaTunnel reads differently."""

    def __init__(self, profile: Profile, findings: Findings) -> None:
        self._keys = profile.sections
        self._findings = findings

    def is_section(self, path: list[PathElement], place: tuple[str, ...] | None) -> bool:
        """Whether a field that holds a block is one of the top-level sections."""
        return place == () and len(path) == 1 and path[0].key in self._keys

    def check_field(self, tokens: Tokens, member: FieldSyntax, path: list[PathElement], place: tuple[str, ...] | None) -> None:
        """Warn about a section's name used for something else."""
        if path[0].key not in self._keys or len(path) > 1 or member.value is None:
            return
        key = Span(tokens.source, path[0].start, path[0].end)
        if place == () and isinstance(member.value, ArraySyntax):
            self._list_in_section(path[0].key, key)
        elif place != () and _holds_object(member.value):
            self._nested(path[0].key, key)

    def _list_in_section(self, name: str, key: Span) -> None:
        message = f"`{name}` is written as a list; SeaTunnel reads lists of plugins only from .json files"
        notes = (_READS, f"help: write {name} {{ PluginName {{ ... }} }}, or name the file .json and write all of it in JSON")
        self._findings.warn(ResolveCode.LIST_IN_SECTION, key, message, notes=notes)

    def _nested(self, name: str, key: Span) -> None:
        message = f"SeaTunnel would turn this `{name}` block into a list, because its name is that of a section"
        notes = (_READS, f"help: where the name is yours to choose, choose another one than {name}")
        self._findings.warn(ResolveCode.NESTED_SECTION_KEY, key, message, label="taken for a section", notes=notes)

    def repeated(self, name: str, first: Span, again: Span) -> None:
        """A section is written twice."""
        message = f"`{name}` is written twice; SeaTunnel would keep only this one"
        labels = (Label(first, "SeaTunnel drops this one"),)
        notes = ("flowdeck reads both", f"help: move the blocks into one `{name} {{ ... }}`")
        self._findings.warn(ResolveCode.SECTION_REPEATED, again, message, secondary=labels, notes=notes)

    def written_again(self, key: str, first: Span, earlier: Node, again: Span, node: Node) -> None:
        """A key of one block is written twice, with values that do not merge."""
        if not self._keys or first.source is not again.source:
            return
        if not isinstance(earlier, Scalar | ListNode) or not isinstance(node, Scalar | ListNode):
            return
        if isinstance(node, Scalar) and node.data is None:
            return  # taken back on purpose
        message = f"`{key}` is written twice; SeaTunnel and flowdeck read only the last one"
        fix = None
        if (removed := removal_of(again, node.span, "")) and earlier.span.source is first.source:
            edits = (Edit(earlier.span, node.span.text), *removed.edits)
            fix = Fix("write the last value once", edits)
        labels = (Label(again, "counts"),)
        self._findings.warn(ResolveCode.KEY_REPEATED, first, message, label="has no effect", secondary=labels, fix=fix)

    def other_name(self, block: str, name: Scalar, at: Span) -> None:
        """A block says in ``plugin_name`` that it is another plugin than its key says."""
        if name.data and isinstance(name.data, str) and name.data.casefold() != block.casefold():
            message = f"this block is called `{block}`, but its plugin_name says `{name.data}`, which counts"
            notes = (f"help: call the block {name.data}, and leave plugin_name out",)
            labels = (Label(name.span, "counts"),)
            self._findings.warn(ResolveCode.OTHER_PLUGIN_NAME, at, message, secondary=labels, notes=notes)

    def include_in_section(self, span: Span) -> None:
        """An include stands directly in a section."""
        message = "SeaTunnel silently ignores an include that stands directly in a section"
        notes = (
            "flowdeck reads the file; its top-level blocks are plugins",
            "help: write the plugin's block here, and the include inside of it: FakeSource { include ... }",
        )
        self._findings.warn(ResolveCode.INCLUDE_IN_SECTION, span, message, label="SeaTunnel drops this", notes=notes)

    def append_in_section(self, span: Span) -> None:
        """``+=`` inside a plugin block."""
        message = "SeaTunnel forgets the earlier elements when `+=` stands in a section"
        notes = ("flowdeck appends", "help: write the whole list after `=`")
        self._findings.warn(ResolveCode.APPEND_IN_SECTION, span, message, label="starts anew in SeaTunnel", notes=notes)


def _holds_object(value: ValueSyntax) -> bool:
    if isinstance(value, ArraySyntax):
        return any(isinstance(member, ObjectSyntax) for member in value.members)
    if isinstance(value, ConcatenationSyntax):
        return any(isinstance(part, ObjectSyntax) for part in value.parts)
    return isinstance(value, ObjectSyntax)
