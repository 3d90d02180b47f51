"""Processes that can't start: one line with advice, an exit code, no traceback."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.starting import UNUSABLE_DATABASE_MESSAGE
from schemas.settings import Settings
from tests import servers
from tests.forms import first
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.timing

WORKER, DISPATCHER, API, MIGRATE = "workers ingest", "workers.dispatcher", "api --port 0", "db.migrate"
ALL = (WORKER, DISPATCHER, API, MIGRATE)


def start(settings: Settings, words: str, **changed: str | None) -> subprocess.CompletedProcess[str]:
    """Run a command; a variable of None is unset."""
    return subprocess.run(
        [sys.executable, "-m", *words.split()], env=environment(settings, **changed),
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def environment(settings: Settings, **changed: str | None) -> dict[str, str]:
    given = os.environ | servers.environment(settings) | changed
    return {name: value for name, value in given.items() if value is not None}


def line_of(ended: subprocess.CompletedProcess[str], code: int) -> str:
    """Return the one line outside the log."""
    assert (ended.returncode, ended.stdout) == (code, ""), ended.stderr
    [line] = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
    return line


@pytest.fixture
def taken() -> Iterator[str]:
    """Occupy a port by another process."""
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        yield str(other.getsockname()[1])


@pytest.mark.parametrize("words", first(1, ALL))
def test_what_is_not_set_is_named(settings: Settings, words: str) -> None:
    line = line_of(start(settings, words, PEPPERS=None), 2)
    assert line.startswith("PEPPERS is not set")
    assert ".local/env" in line


def test_a_pool_that_draws_names_what_is_not_installed(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['uharfbuzz'] = None")
    line = line_of(start(settings, "workers generate", PYTHONPATH=str(tmp_path)), 2)
    assert line.startswith("uharfbuzz isn't installed: bin/up --install-only=local,generate")


@pytest.mark.parametrize("words", first(1, [WORKER, DISPATCHER]))
def test_a_port_of_health_that_is_taken_names_the_setting(settings: Settings, words: str, taken: str) -> None:
    line = line_of(start(settings, words, HEALTH_PORT=taken), 2)
    assert line.startswith(f"HEALTH_PORT {taken} can't be bound")
    assert "or 0" in line


def test_a_metrics_port_of_the_api_that_is_taken_names_the_setting(settings: Settings, taken: str) -> None:
    """A forked process fails. The parent ends with its exit code."""
    line = line_of(start(settings, API, METRICS_PORT=taken), 2)
    assert line.startswith(f"METRICS_PORT {taken} can't be bound")


def test_a_port_of_the_api_that_is_taken_names_the_argument(settings: Settings, taken: str) -> None:
    line = line_of(start(settings, f"api --port {taken}"), 2)
    assert line.startswith(f"--port {taken} of --host 127.0.0.1 can't be used")
    assert "choose another" in line


@pytest.mark.parametrize("port", first(1, ["70000", "-1", "http"]))
def test_a_port_of_the_api_that_is_none_names_those_that_are(settings: Settings, port: str) -> None:
    ended = start(settings, f"api --port={port}")
    assert ended.returncode == 2
    assert f"--port: {port} is not a port: use 0 to 65535" in ended.stderr


@pytest.mark.parametrize("words", first(1, [WORKER, DISPATCHER, MIGRATE]))
def test_a_database_that_is_not_there_says_what_to_do(settings: Settings, words: str) -> None:
    line = line_of(start(settings, words, DATABASE_URL=f"{settings.database_url}x", HEALTH_PORT="0"), 1)
    assert line.startswith(f"{UNUSABLE_DATABASE_MESSAGE}: database ")
    assert line.endswith(": create it, or correct the address")


@pytest.mark.parametrize("words", first(1, [WORKER, DISPATCHER]))
def test_a_database_without_tables_names_the_command(settings: Settings, words: str) -> None:
    empty = settings.database_url.rpartition("/")[0] + "/template1"
    line = line_of(start(settings, words, DATABASE_URL=empty, HEALTH_PORT="0"), 1)
    assert line.endswith("run `python -m db.migrate` first")


@pytest.mark.parametrize("words", first(1, ["workers", "workers.dispatcher", "api", "db.migrate"]))
def test_help_needs_no_setting(settings: Settings, words: str) -> None:
    nothing: dict[str, str | None] = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "PEPPERS", "VAULT_KEYS"))
    ended = start(settings, f"{words} --help", **nothing)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"usage: python -m {words}")


@pytest.mark.parametrize("words", first(1, [WORKER, DISPATCHER, API]))
def test_its_log_in_a_file_is_line_by_line(settings: Settings, words: str, tmp_path: Path) -> None:
    """Each whole line is in the file while the process runs, so the log can be followed."""
    path = tmp_path / "log"
    with (
        path.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", *words.split()], stdout=output, stderr=output,
            env=environment(settings, HEALTH_PORT="0", SLOT="5"), start_new_session=True,
        ) as process,
    ):  # fmt: skip
        try:
            until(lambda: b'"event":"serving' in path.read_bytes())
            assert b"SLOT is not a setting and has no effect: did you mean SLOTS?" in path.read_bytes()
            assert process.poll() is None
            assert path.read_bytes().endswith(b"}\n")
        finally:
            process.send_signal(signal.SIGKILL)
