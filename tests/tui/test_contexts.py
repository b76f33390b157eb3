"""Several daemons: named in the settings, switched in the palette, shown in the header; and those where nothing is changed."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from runner.endpoint import TcpEndpoint
from runner.home import Home
from runner.replies import Problem
from runner.requests import StopRequest
from spec.errors import UsageError
from tui.contexts import ContextInvalid, Place, place_of
from tui.data.daemon import Door, ReadOnly
from tui.settings.file import Context, Settings


def settings(**contexts: Context) -> Settings:
    """Settings with these contexts."""
    return Settings(contexts=contexts)


def test_a_server_is_reached_with_the_key_of_a_file(tmp_path: Path, home: Home) -> None:
    """The key is read from a file that only its owner may read."""
    key = tmp_path / "key"
    key.write_text("fk_1234\n")
    key.chmod(0o600)
    far = settings(far=Context(server="https://far.example.org:8443", key_file=str(key), ca_file="ca.pem", accent="crimson"))
    place = place_of("far", far, home)
    assert place.server == TcpEndpoint("far.example.org", 8443, "fk_1234", True, "ca.pem")
    assert (place.name, place.accent, place.read_only) == ("far", "crimson", "")
    key.chmod(0o644)
    with pytest.raises(ContextInvalid, match="others may read"):
        place_of("far", far, home)


@pytest.mark.parametrize(
    ("name", "contexts", "message"),
    [
        ("pord", {"prod": Context(home="a")}, "did you mean prod?"),
        ("x", {}, "name it there"),
        ("x", {"x": Context(server="http://h:1", key_file="/nonexistent/key")}, "cannot read the key"),
        ("x", {"x": Context(server="ftp://h:1")}, "is not the address of a daemon"),
    ],
)
def test_a_context_that_cannot_be_used_says_why(name: str, contexts: dict[str, Context], message: str, home: Home) -> None:
    """A name that is not there, a key that cannot be read, an address that is none."""
    with pytest.raises(UsageError) as caught:
        place_of(name, settings(**contexts), home)
    assert message in f"{caught.value.message} {caught.value.hint}"


def test_a_door_to_look_through_changes_nothing(home: Home, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Whoever asks, the request is not even sent; reading goes on as ever."""
    serve(stage)
    with Door(home, None, "the context prod is read-only").open(5.0) as client:
        assert client.job("0f3a9c1d22aa").name == "orders-cdc"
        with pytest.raises(ReadOnly, match="the context prod is read-only"):
            client.stop("0f3a9c1d22aa", StopRequest())
        with pytest.raises(ReadOnly):
            client.dry_run.stop("0f3a9c1d22aa")
    assert stage.calls == []


async def test_where_nothing_may_be_changed_keys_say_why(
    open_ui: Any, home: Home, stage: Any, serve: Callable[[Any], Any]
) -> None:
    """The header says it, and each key that writes answers with the reason and opens nothing."""
    serve(stage)
    async with open_ui(place=Place(home, name="prod", accent="crimson", read_only="the context prod is read-only")) as page:
        await page.loaded()
        head = page.text.splitlines()[0]
        assert " prod " in head
        assert "read-only" in head
        for key in ("S", "T", "X", "R"):
            await page.press(key)
        assert page.toasts.count("The context prod is read-only") == 4
        assert page.dialog == "JobsScreen"
        assert stage.calls == []


async def test_where_nothing_may_be_changed_no_other_way_leads_to_it(
    open_ui: Any, home: Home, stage: Any, serve: Callable[[Any], Any]
) -> None:
    """The palette, the menu, a click on the key bar, the spec's keys, and a screen beside the list say the same sentence."""
    serve(stage)
    said = "Nothing is changed: The context prod is read-only."
    async with open_ui(place=Place(home, name="prod", read_only="the context prod is read-only")) as page:
        await page.loaded()
        await page.go_to("orders-cdc")

        async def answered(times: int) -> None:
            await page.until(lambda: page.toasts.count(said) == times, f"{times} answers")
            assert page.dialog in {"JobsScreen", "SavepointsScreen"}

        await page.press("colon", *"cancel", "space", *"ord")
        await page.sees("cancel orders-cdc")
        await page.press("enter")
        await answered(1)
        await page.press("a")
        await page.sees("not now: the context prod is read-only")
        await page.until(lambda: not page.app.screen.guarded)
        await page.press("X")
        await answered(2)
        await page.pilot.click("#keys", offset=(2, 0))
        await answered(3)
        for times, key in enumerate(("U", "F", "E"), 4):
            await page.press(key)
            await answered(times)
        await page.press("7")
        page.jobs.inspector.pane.action_decide(True)
        await answered(7)
        await page.press("s")
        await page.until(lambda: page.dialog == "SavepointsScreen" and page.app.screen.table.count() > 1)
        await page.press("v")
        await answered(8)
        assert stage.calls == []
        assert stage.dry_runs == []


async def test_the_palette_switches_between_daemons(
    open_ui: Any, home: Home, tmp_path: Path, stage: Any, empty_stage: Any, serve: Callable[..., Any], samples: ModuleType
) -> None:
    """The other daemon's jobs replace this one's, its name stands in the header; and back."""
    other = Home(tmp_path / "o")
    stage_two = empty_stage
    stage_two.add(samples.make_job("far-away", samples.S.FINISHED, job_id="ff0000000001"))
    serve(stage)
    serve(stage_two, other)
    async with open_ui(settings=settings(far=Context(home=str(other.path), read_only=True))) as page:
        await page.loaded()
        await page.press("slash", *"orders", "enter")
        page.app.call_later(page.app.switch_context, "far")
        await page.sees("far-away")
        assert "orders-cdc" not in page.text
        assert " far " in page.text.splitlines()[0]
        assert "read-only" in page.text.splitlines()[0]
        page.app.call_later(page.app.switch_context, "")
        await page.sees("orders-cdc")
        assert "far-away" not in page.text
        assert "flowdeck" in page.text.splitlines()[0]
        page.app.call_later(page.app.switch_context, "nowhere")
        await page.until(lambda: "there is no context 'nowhere'" in page.toasts)
        await page.sees("orders-cdc")
    assert threading.active_count() < 30


@pytest.mark.parametrize("status", [404, 401])
async def test_a_daemon_that_does_not_fit_is_told_from_none(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], status: int
) -> None:
    """An older one lacks what is asked for, another one does not know the key: what it is, and what to do."""
    problem = Problem(type="about:blank", title="x", status=status, detail="no such thing here", code="x", hint="ask for a key")
    stage.pages["status"] = problem
    serve(stage)
    async with open_ui() as page:
        await page.sees("the daemon refuses")
        assert "REFUSED" in page.text
        assert "no such thing here" in page.text
        assert ("of another version" in " ".join(page.text.split())) == (status == 404)
        assert ("flowdeck down" if status == 404 else "ask for a key") in page.text
        assert "r try now" in page.text
        del stage.pages["status"]
        await page.press("r")
        await page.sees("orders-cdc")


async def test_switching_often_leaves_nothing_behind(
    open_ui: Any, home: Home, tmp_path: Path, stage: Any, empty_stage: Any, serve: Callable[..., Any], samples: ModuleType
) -> None:
    """Of the daemons that were shown before there are no threads, no connections, no timers and no screens left."""
    other = Home(tmp_path / "o")
    empty_stage.add(samples.make_job("far-away", samples.S.FINISHED, job_id="ff0000000001"))
    serve(stage)
    serve(empty_stage, other)
    async with open_ui(settings=settings(far=Context(home=str(other.path)))) as page:
        await page.loaded()

        def ours() -> list[str]:
            return [thread.name for thread in threading.enumerate() if thread.name.startswith("flowdeck-")]

        async def there_and_back() -> None:
            for name, words in (("far", "far-away"), ("", "orders-cdc")):
                await page.app.switch_context(name)
                await page.sees(words)
            await page.loaded()  # before that a key may still meet the screen that goes
            await page.press("t")
            await page.until(lambda: page.dialog == "TopScreen")
            await page.press("q")
            await page.sees("orders-cdc")

        await there_and_back()
        first = weakref.ref(page.jobs)
        before = len(ours())
        for _ in range(2):
            await there_and_back()
        await page.until(lambda: len(ours()) <= before, f"{before} threads again, not {ours()}")
        await page.until(lambda: gc.collect() >= 0 and first() is None, "the first screen to be gone")
        assert len(page.app.screen_stack) == 1
