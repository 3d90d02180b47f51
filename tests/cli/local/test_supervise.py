"""Supervision: a dead process restarts, and its log is copied."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.local.supervise import (
    FIRST_RESTART_PAUSE_S,
    MAX_RESTART_PAUSE_S,
    MIN_STABLE_PROCESS_RUN_S,
    ProcessLogFollower,
    SupervisedServer,
    format_log_line_for_person,
)
from db.server import LocalServer
from tests.waiting import until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    """Process that prints a line and ends with code 3."""
    process = LocalServer(
        url="",
        log=tmp_path / "log",
        command=[sys.executable, "-S", "-c", "print('a last word'); raise SystemExit(3)"],
        halt=signal.SIGTERM,
        ready=lambda _: True,
    )
    process.start_without_waiting()
    yield process
    process.kill()


@pytest.fixture
def said() -> list[str]:
    return []


def test_a_dead_process_is_reported_and_restarts_after_the_pause(server: LocalServer, said: list[str]) -> None:
    watched = SupervisedServer(name="ingest", server=server, since=0.0)
    until(lambda: server.exit_code is not None)
    first = server.pid
    watched.restart_when_due(0.0, said.append)
    watched.restart_when_due(FIRST_RESTART_PAUSE_S - 0.1, said.append)
    assert server.pid == first
    watched.restart_when_due(FIRST_RESTART_PAUSE_S, said.append)
    assert server.pid != first
    [line] = said
    assert "ingest ended by itself (exit code 3)" in line
    assert "a last word" in line


def pauses(server: LocalServer, *, lasting: float, times: int) -> list[float]:
    """Return the pauses before each restart of a process that always ends after `lasting` seconds."""
    watched, now, seen = SupervisedServer(name="ingest", server=server, since=0.0), 0.0, []
    for _ in range(times):
        until(lambda: server.exit_code is not None)
        now += lasting
        watched.restart_when_due(now, lambda _: None)
        assert watched.due is not None
        seen.append(watched.due - now)
        now = watched.due
        watched.restart_when_due(now, lambda _: None)
    return seen


def test_the_backoff_grows_up_to_a_limit(server: LocalServer) -> None:
    assert pauses(server, lasting=0.1, times=7) == pytest.approx([1, 2, 4, 8, 16, 30, MAX_RESTART_PAUSE_S])


def test_a_stable_process_resets_the_backoff(server: LocalServer) -> None:
    assert pauses(server, lasting=MIN_STABLE_PROCESS_RUN_S + 1, times=3) == pytest.approx([FIRST_RESTART_PAUSE_S] * 3)


def test_logs_are_copied_with_their_processs_name(server: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    until(lambda: server.exit_code is not None)
    with ProcessLogFollower({"web": server, "dispatcher": server}) as logs:
        server.log.write_text("one\ntwo\n")
        logs.copy_new_lines_to_stderr()
        assert "web        | one\nweb        | two\ndispatcher | one\n" in capsys.readouterr().err
        server.start_without_waiting()
        until(lambda: server.exit_code is not None)
    assert "web        | a last word\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            '{"at":"2026-11-24T16:20:37.1Z","level":"info","process":"web","event":"serving","port":80}\n',
            "16:20:37 serving port=80",
        ),
        (
            '{"at":"2026-11-24T16:20:37Z","level":"error","event":"broke","exception":"Traceback\\n  x"}\n',
            "16:20:37 error broke\nTraceback\n  x",
        ),
        ("[INFO] Listening at: http://127.0.0.1:80\n", "[INFO] Listening at: http://127.0.0.1:80"),
        ("[1, 2]\n", "[1, 2]"),
    ],
)
def test_log_lines_are_shown_as_text(line: str, shown: str) -> None:
    assert format_log_line_for_person(line) == shown
