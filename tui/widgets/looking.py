"""Where nothing may be changed: one sentence for keys, clicks, menus and the palette."""

from __future__ import annotations

from textual.dom import DOMNode


def why_not(node: DOMNode) -> str:
    """Why nothing may be changed from here; empty when it may."""
    return str(getattr(node.app, "read_only", ""))


def refuses_writes(node: DOMNode) -> bool:
    """Whether nothing may be changed from here; then that has been said."""
    reason = why_not(node)
    if reason:
        node.app.notify(f"{reason[0].upper()}{reason[1:]}.", title="Nothing is changed", severity="warning", markup=False)
    return bool(reason)
