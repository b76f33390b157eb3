"""Verbs about hot reload: watched files, plans, and a person's word on what waits for it."""

from __future__ import annotations

from runner.reload import ReloadPlan, ReloadReport, WatchedFile
from runner.requests import DecisionRequest, LookRequest, SubmitRequest
from runner.verbs.call import Call, get, post
from runner.verbs.verb import Verb


class ReloadVerbs:
    """Hot reload."""

    @Verb
    def reload_report(self) -> Call[ReloadReport]:
        """Where each watched file stands."""
        return get(ReloadReport, "reload")

    @Verb
    def look_again(self, request: LookRequest | None = None) -> Call[ReloadReport]:
        """Have the watched files looked at now; returns before that is done."""
        return post(ReloadReport, "reload", body=request or LookRequest())

    @Verb
    def watched_file(self, reference: str) -> Call[WatchedFile]:
        """Where the file of a job stands."""
        return get(WatchedFile, "jobs", reference, "reload")

    @Verb
    def apply_reload(self, reference: str, request: DecisionRequest | None = None) -> Call[WatchedFile]:
        """Let the change that waits for approval be carried out; returns before that is done."""
        return post(WatchedFile, "jobs", reference, "reload", "apply", body=request or DecisionRequest())

    @Verb
    def discard_reload(self, reference: str, request: DecisionRequest | None = None) -> Call[WatchedFile]:
        """Leave the job as it is."""
        return post(WatchedFile, "jobs", reference, "reload", "discard", body=request or DecisionRequest())

    @Verb
    def plan(self, reference: str, request: SubmitRequest) -> Call[ReloadPlan]:
        """What a text would change of a job. Nothing is touched."""
        return post(ReloadPlan, "jobs", reference, "plan", body=request)
