"""Start of servers: it waits while they live, reports the cause, and shows the end of a dead one's log."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from db import server as module
from db.server import LocalServer, wait_until_servers_ready
from schemas.errors import LocalServerUnavailable

STAYS = "import signal; signal.pause()"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Report each check of a start."""
    monkeypatch.setattr(module, "SLOW_START_REPORT_INTERVAL_S", 0.0)


def launched(folder: Path, code: str, ready: Callable[[int], bool]) -> LocalServer:
    folder.mkdir()
    made = LocalServer(
        url="", log=folder / "log", command=[sys.executable, "-S", "-c", code], halt=signal.SIGTERM,
        ready=ready, why=lambda: "503 UNAVAILABLE: no database",
    )  # fmt: skip
    made.start_without_waiting()
    return made


@pytest.mark.usefixtures("at_once")
def test_it_reports_what_it_waits_for_and_why_as_long_as_that_takes(tmp_path: Path) -> None:
    said: list[str] = []
    fast = launched(tmp_path / "fast", STAYS, lambda _: True)
    slow = launched(tmp_path / "slow", STAYS, lambda _: len(said) == 3)
    wait_until_servers_ready({"fast": fast, "slow": slow}, said.append)
    assert said == ["waiting for slow (503 UNAVAILABLE: no database)"] * 3
    for one in (fast, slow):
        assert one.exit_code is None
        one.kill()


@pytest.mark.usefixtures("at_once")
def test_a_server_that_dies_ends_the_wait_with_its_last_lines(tmp_path: Path) -> None:
    said: list[str] = []
    waits = launched(tmp_path / "waits", STAYS, lambda _: False)
    dies = launched(tmp_path / "dies", "print('no room'); raise SystemExit(3)", lambda _: False)
    with pytest.raises(LocalServerUnavailable, match=r"exit code 3\):\nno room"):
        wait_until_servers_ready({"waits": waits, "dies": dies}, said.append)
    assert (waits.process, dies.process) == (None, None)
