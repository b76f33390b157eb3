"""How the screens beside the job list ask for a job to be opened in it."""

from __future__ import annotations

from textual.message import Message


class Visit(Message):
    """Open the job ``job_id`` at ``tab``; going back from there leads to the screen ``back``."""

    def __init__(self, job_id: str, tab: str, back: str) -> None:
        super().__init__()
        self.job_id = job_id
        self.tab = tab
        self.back = back
