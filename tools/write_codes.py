"""Writes docs/codes.md from the registry of diagnostic codes: `python tools/write_codes.py`."""

from __future__ import annotations

from pathlib import Path

from spec.explain.handbook import handbook

PAGE = Path(__file__).parents[1] / "docs" / "codes.md"

if __name__ == "__main__":
    PAGE.write_text(handbook())
    print(f"wrote {PAGE}")
