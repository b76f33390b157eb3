"""The client of a daemon in the same process: what it is told is what it would be told over HTTP, which others still get."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runner.client import Client
from runner.daemon import EmbeddedDaemon
from runner.home import Home
from runner.near_client import NearClient
from runner.requests import SubmitRequest
from runner.transport import ApiError
from spec.errors import FlowdeckError

# The application is built in this process, where warnings are errors; these are the HTTP library's about its next version.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


class Heard(NamedTuple):
    """What one daemon said."""

    near: list[Any]
    far: list[Any]
    near_end: list[Any]


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """One daemon inside this process, asked the same by both clients, then told to end by the other one."""
    home = Home(tmp_path_factory.mktemp("near"))
    return EmbeddedDaemon(home).run(lambda near: _listen(home, near))


def _listen(home: Home, near: NearClient) -> Heard:
    said = _ask(near)
    with Client.connect(home, start=False) as far:
        answers = _ask(far)
        far.shutdown()
    return Heard(said, answers, [type(error).__name__ for error in _ask(near)])


def _ask(client: NearClient | Client) -> list[Any]:
    asked = [
        lambda: client.job("nobody"),
        lambda: client.submit(SubmitRequest(text="env { job.mode = BATCH")),
        lambda: client.submit(SubmitRequest(text="x" * (3 * 1024 * 1024))),
        lambda: client.execution("nobody"),
        lambda: client.status().running,
    ]
    return [_answer(one) for one in asked]


def _answer(ask: Any) -> Any:
    try:
        return ask()
    except FlowdeckError as error:
        return error


def test_near_refusals_are_those_of_the_api(heard: Heard) -> None:
    """An unknown job, an invalid one and one that is too large are refused with the same problem near and far."""
    assert [_refusal(one) for one in heard.near] == [_refusal(one) for one in heard.far]
    assert [one.status for one in heard.near if isinstance(one, ApiError)] == [404, 422, 413, 404]


def _refusal(answer: Any) -> Any:
    return (answer.status, answer.exit_code, answer.problem) if isinstance(answer, ApiError) else answer


def test_a_daemon_that_was_told_to_end_is_unreachable(heard: Heard) -> None:
    """Once another client has ended the daemon, the near one hears that nobody answers, apart from what is refused unsent."""
    assert heard.near_end == [
        *("DaemonUnreachable", "DaemonUnreachable", "ApiError", "DaemonUnreachable", "DaemonUnreachable"),
    ]


def test_the_home_is_left_without_a_socket_that_answers(tmp_path: Path) -> None:
    """A daemon that nobody has asked over HTTP leaves nobody who answers there, and its home to the next one."""
    home = Home(tmp_path)
    for _ in range(2):
        assert EmbeddedDaemon(home).run(lambda near: near.status().embedded)
    with pytest.raises(FlowdeckError):
        Client.connect(home, start=False)
