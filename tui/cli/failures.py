"""The boundary of the command line: every failure becomes one clear message and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import click

from spec.errors import FlowdeckError
from tui.cli.lazy_group import ReaderGone
from tui.cli.next_step import explanation, next_step
from tui.cli.session import Session
from tui.cli.terminal import say, say_problem

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141


def guarded(work: Callable[[], int], session: Session) -> int:
    """Run ``work`` and return its exit code; failures are told on stderr and become the code they deserve."""
    try:
        code = work()
        sys.stdout.flush()
    except click.ClickException as error:
        return _tell_usage(error, session)
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except FlowdeckError as error:
        say_problem(error.message, next_step(error, session))
        _show_traceback(session)
        return error.exit_code
    except (BrokenPipeError, ReaderGone):
        discard_stdout()
        return EXIT_BROKEN_PIPE
    except OSError as error:
        return _tell_environment(error, session)
    except Exception as error:  # noqa: BLE001 - the boundary of the process
        return _tell_defect(error, session)
    return code


def _tell_usage(error: click.ClickException, session: Session) -> int:
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f"{context.command_path} --help explains the command" if context is not None else explanation(session)
    say_problem(error.format_message(), hint)
    return error.exit_code


def _tell_environment(error: OSError, session: Session) -> int:
    if error.errno in {errno.ENOSPC, errno.EIO, errno.EDQUOT} and not error.filename:  # files have names: it is the output
        say_problem(f"the output cannot be written: {error.strerror}", explanation(session))
        discard_stdout()  # what it still holds would fail once more at the end
    else:
        where = f"{error.filename}: " if error.filename else ""
        say_problem(f"{where}{error.strerror or error}", explanation(session))
    _show_traceback(session)
    return EXIT_USAGE


def _tell_defect(error: Exception, session: Session) -> int:
    if session.debug:
        traceback.print_exc()
    say_problem(f"flowdeck has a defect: {type(error).__name__}: {error}")
    if not session.debug:
        say(f"  hint: the traceback is in {_keep_traceback(session)}; flowdeck --debug {session.command} shows it")
    return EXIT_FAILED


def _show_traceback(session: Session) -> None:
    if session.debug:
        traceback.print_exc()


def _keep_traceback(session: Session) -> Path:
    """Append the traceback to the home's daemon.log, or to a file of its own when that cannot be written."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    text = f"{now} CRITICAL command line, process {os.getpid()}\n{traceback.format_exc()}"
    try:
        with session.home.daemon_log.open("a", encoding="utf-8") as log:
            log.write(text)
    except (OSError, FlowdeckError):  # the home cannot be written to, or there is none
        descriptor, name = tempfile.mkstemp(prefix="flowdeck-", suffix=".log", text=True)
        with os.fdopen(descriptor, "w", encoding="utf-8") as log:
            log.write(text)
        return Path(name)
    return session.home.daemon_log


def discard_stdout() -> None:
    """The reader has gone; without this the interpreter would complain when it flushes at its end."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, sys.stdout.fileno())
    os.close(descriptor)
