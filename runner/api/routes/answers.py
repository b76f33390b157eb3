"""Answers that several routes share, beside their own: of a dry run, and of what is done in the background."""

from __future__ import annotations

from typing import Final

from litestar.openapi import ResponseSpec

from runner.operation import Effects, Operation

_TRIED: Final = ResponseSpec(data_container=Effects, description="With `dry_run`: what it would do. Nothing was done.")
_TAKEN_UP: Final = ResponseSpec(
    data_container=Operation, description="With the header `Prefer: respond-async`: the operation, under way."
)
TRIED: Final = {200: _TRIED}
TRIED_OR_TAKEN_UP: Final = {200: _TRIED, 202: _TAKEN_UP}
TAKEN_UP: Final = {202: _TAKEN_UP}
GONE: Final = ResponseSpec(data_container=None, description="Done; there is no body.", generate_examples=False)
