"""A process that ends by itself starts again; its log is shown."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.local.supervise import FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_S, Logs, Watched, readable
from db.server import Server
from tests.waiting import until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A process that says a line and ends, with code 3."""
    made = Server(
        url="",
        log=tmp_path / "log",
        command=[sys.executable, "-S", "-c", "print('a last word'); raise SystemExit(3)"],
        halt=signal.SIGTERM,
        ready=lambda _: True,
    )
    made.launch()
    yield made
    made.kill()


@pytest.fixture
def said() -> list[str]:
    return []


def test_it_tells_what_ended_and_starts_it_again_after_the_pause_and_not_before(
    server: Server, said: list[str]
) -> None:
    watched = Watched(name="ingest", server=server, since=0.0)
    until(lambda: server.exit_code is not None)
    first = server.pid
    watched.look(0.0, said.append)
    watched.look(FIRST_PAUSE_S - 0.1, said.append)
    assert server.pid == first
    watched.look(FIRST_PAUSE_S, said.append)
    assert server.pid != first
    [line] = said
    assert "ingest ended by itself (exit code 3)" in line
    assert "a last word" in line


def pauses(server: Server, *, lasting: float, times: int) -> list[float]:
    """The pauses before each restart of a process that ends after `lasting` seconds, every time."""
    watched, now, seen = Watched(name="ingest", server=server, since=0.0), 0.0, []
    for _ in range(times):
        until(lambda: server.exit_code is not None)
        now += lasting
        watched.look(now, lambda _: None)
        assert watched.due is not None
        seen.append(watched.due - now)
        now = watched.due
        watched.look(now, lambda _: None)
    return seen


def test_what_ends_again_and_again_waits_longer_up_to_a_limit(server: Server) -> None:
    assert pauses(server, lasting=0.1, times=7) == pytest.approx([1, 2, 4, 8, 16, 30, LONGEST_PAUSE_S])


def test_what_lasted_begins_anew(server: Server) -> None:
    assert pauses(server, lasting=STEADY_S + 1, times=3) == pytest.approx([FIRST_PAUSE_S] * 3)


def test_logs_are_copied_behind_the_name_of_their_writer(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    until(lambda: server.exit_code is not None)
    with Logs({"web": server, "dispatcher": server}) as logs:
        server.log.write_text("one\ntwo\n")
        logs.copy()
        assert "web        | one\nweb        | two\ndispatcher | one\n" in capsys.readouterr().err
        server.launch()
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
def test_a_person_reads_words_not_json(line: str, shown: str) -> None:
    assert readable(line) == shown
