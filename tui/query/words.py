"""The plain filter of lists that are not jobs: every word must be there, one after ``!`` must not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody typed. Whatever the case."""

    text: str = ""
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> Words:
        """Read a line; it cannot be wrong."""
        words = text.casefold().split()
        return cls(
            text.strip(),
            tuple(word for word in words if not word.startswith("!") or word == "!"),
            tuple(word[1:] for word in words if word.startswith("!") and word != "!"),
        )

    def accept(self, text: str) -> bool:
        """Whether ``text`` has all that is wanted and nothing that is not."""
        if not self.text:
            return True
        folded = text.casefold()
        return all(word in folded for word in self.wanted) and not any(word in folded for word in self.unwanted)
