"""What a person does to a job, named by itself or by its newest execution: by an older one nothing can be done any more.

Each command can be tried dry, and answered with its operation. All of them are routes of the same form, so they are made from
a list; what differs is in :class:`_Control`.
"""

import inspect
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from runner.api.gateway import Gateway
from runner.api.performing import Terms, perform
from runner.api.routes.answers import TRIED, TRIED_OR_TAKEN_UP
from runner.api.routes.parameters import DryRun, Prefer, Reason
from runner.model import Checkpoint, Job
from runner.operation import Operation
from runner.requests import (
    PauseRequest,
    RecoverRequest,
    RestartRequest,
    SavepointRequest,
    StartRequest,
    StopRequest,
    WorkersRequest,
)
from runner.supervisor.commands import Command
from runner.supervisor.service import JobService

_WORKERS: Final = "workers"
_CHECKPOINTS: Final = "checkpoints"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Control:
    """One command. ``body`` (None: there is none) may be left out unless ``needs_body``; ``tag`` is where the documentation has
    it, if not with the others."""

    command: Command
    call: Callable[[JobService, str, Any], Coroutine[Any, Any, Any]]
    summary: str
    says: str
    body: type[msgspec.Struct] | None = None
    needs_body: bool = False
    tag: str = ""
    segment: str = ""
    status: int = 202
    answer: type[msgspec.Struct] = Job

    @property
    def path(self) -> str:
        """The last segment of the route."""
        return self.segment or self.command.value


_CONTROLS: Final = (
    _Control(
        command=Command.START,
        call=lambda service, job, wanted: service.start(job, wanted),
        summary="Start a job",
        says="Answers once the new execution is recorded: of a job that never ran or has finished from the beginning, of"
        " another one where it left off. One that runs is answered as it is.",
        body=StartRequest,
    ),
    _Control(
        command=Command.STOP,
        call=lambda service, job, wanted: service.stop(job, wanted),
        summary="Stop a job",
        says="Answers once the wish is recorded; the execution ends STOPPED, with a savepoint unless the body says otherwise.",
        body=StopRequest,
    ),
    _Control(
        command=Command.CANCEL,
        call=lambda service, job, _: service.cancel(job),
        summary="Cancel a job",
        says="Answers once the wish is recorded; the execution ends CANCELED. What was committed stays.",
    ),
    _Control(
        command=Command.PAUSE,
        call=lambda service, job, wanted: service.pause(job, wanted),
        summary="Pause a job",
        says="Answers once the wish is recorded; nothing is read until it is resumed. Its processes and checkpoints stay.",
        body=PauseRequest,
    ),
    _Control(
        command=Command.RESUME,
        call=lambda service, job, _: service.resume(job),
        summary="Resume a job",
        says="Answers once the wish is recorded; what is paused reads on.",
    ),
    _Control(
        command=Command.RESTART,
        call=lambda service, job, wanted: service.restart(job, wanted),
        summary="Restart a job",
        says="A new execution of the newest generation, from its newest checkpoint unless the body says otherwise.",
        body=RestartRequest,
    ),
    _Control(
        command=Command.RECOVER,
        call=lambda service, job, wanted: service.recover(job, wanted),
        summary="Recover a job",
        says="A new execution of a job that is over, which reads only the splits that are not finished, or some of them.",
        body=RecoverRequest,
    ),
    _Control(
        command=Command.WORKERS,
        call=lambda service, job, wanted: service.scale(job, wanted),
        summary="Change the number of workers of a job",
        says="Answers once the wish is recorded; workers join and leave while the job runs on.",
        body=WorkersRequest,
        needs_body=True,
        tag=_WORKERS,
    ),
    _Control(
        command=Command.SAVEPOINT,
        call=lambda service, job, wanted: service.savepoint(job, wanted),
        summary="Take a savepoint of a job",
        says="Answers when the savepoint is complete; the job runs on.",
        body=SavepointRequest,
        tag=_CHECKPOINTS,
        segment="savepoints",
        status=201,
        answer=Checkpoint,
    ),
)


def _routes(name: str, place: str, tag: str, addition: str) -> Iterator[HTTPRouteHandler]:
    """A route for each command, at ``place``, where the argument ``name`` says which job or execution is meant."""
    for control in _CONTROLS:
        decorate = post(
            f"{place}/{control.path}",
            status_code=control.status,
            summary=f"{control.summary}{addition}",
            tags=[control.tag or tag],
            responses=TRIED if control.status == 202 else TRIED_OR_TAKEN_UP,
        )
        yield decorate(_handler(control, name))


def _handler(control: _Control, name: str) -> Callable[..., Coroutine[Any, Any, Response[Any]]]:
    """The function behind a route. Litestar reads what it takes off its signature, which says it as a written one would."""

    async def carry_out(*, gateway: Gateway, request: Request[Any, Any, Any], **given: Any) -> Response[Any]:
        reference = given[name]
        wanted = given.get("data") or (control.body() if control.body is not None else None)
        terms = Terms(
            dry_run=given["dry_run"],
            reason=given["reason"],
            prefer=given["prefer"],
            execution=reference if name == "execution_id" else None,
        )
        return await perform(
            gateway,
            request,
            control.command,
            reference,
            terms,
            lambda service, job: control.call(service, job, wanted),
            body=wanted,
            status=control.status,
        )

    parameters = _parameters(control, name)
    answer = Response[control.answer | Operation]  # type: ignore[name-defined]
    carry_out.__name__ = control.command.value
    carry_out.__doc__ = control.says
    carry_out.__annotations__ = {one.name: one.annotation for one in parameters} | {"return": answer}
    carry_out.__signature__ = inspect.Signature(parameters, return_annotation=answer)  # type: ignore[attr-defined]
    return carry_out


def _parameters(control: _Control, name: str) -> list[inspect.Parameter]:
    required: dict[str, Any] = {"gateway": Gateway, "request": Request[Any, Any, Any], name: str}
    optional: dict[str, tuple[Any, Any]] = {"dry_run": (DryRun, False), "reason": (Reason, None), "prefer": (Prefer, None)}
    if control.body is not None and control.needs_body:
        required["data"] = control.body
    elif control.body is not None:
        optional = {"data": (control.body | None, None)} | optional
    kind = inspect.Parameter.KEYWORD_ONLY
    return [inspect.Parameter(one, kind, annotation=annotation) for one, annotation in required.items()] + [
        inspect.Parameter(one, kind, annotation=annotation, default=default) for one, (annotation, default) in optional.items()
    ]


ROUTES = (
    *_routes("job", "/jobs/{job:str}", "control", ""),
    *_routes("execution_id", "/executions/{execution_id:str}", "executions", " by its newest execution"),
)
