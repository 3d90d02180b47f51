"""`up`, the whole platform as a person starts it: ready, kept, ended, killed; never an orphan."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from cli.local.announce import Ready
from cli.local.folder import LOCAL
from tests.waiting import until

START_S, END_S = 40.0, 30.0
OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "PEPPERS",
    "VAULT_KEYS",
    "PUBLIC_URL",
    "HEALTH_PORT",
    "TENANTRY_FETCH_ALLOW",
)

pytestmark = pytest.mark.timeout(120)

Up = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """`up("--json")` in an empty folder; its stderr goes to the file `stderr` there."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> "subprocess.Popen[str]":
        environment = {name: value for name, value in os.environ.items() if name not in OURS}
        command = [sys.executable, "-m", "cli", "up", "--port", "0", *words]
        with (tmp_path / "stderr").open("a") as stderr:
            process = subprocess.Popen(
                command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True
            )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:
            process.kill()
    until(lambda: not alive_in(tmp_path), within=END_S)


def alive_in(folder: Path) -> dict[int, str]:
    """Every process whose current folder is in `folder`: whatever its parent."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found[int(entry.name)] = (entry / "cmdline").read_text()
        except OSError:
            continue  # it has just ended, or is another user's
    return {pid: words for pid, words in found.items() if words}


def children(pid: int) -> list[int]:
    """The processes that it started itself."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def answers(said: dict[str, Any]) -> bool:
    try:
        return ask(said, "/v1/whoami").status_code == 200
    except httpx.TransportError:
        return False


def ready(process: "subprocess.Popen[str]", tmp_path: Path) -> dict[str, Any]:
    """The one line of --json."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (tmp_path / "stderr").read_text()
    found: dict[str, Any] = json.loads(line)
    return found


def read_through(process: "subprocess.Popen[str]", word: str) -> str:
    """What it prints up to the line that has `word`."""
    assert process.stdout is not None
    text = ""
    while word not in text:
        line = process.stdout.readline()
        assert line, text
        text += line
    return text


def ask(said: dict[str, Any], path: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {said['apiKey']}"}
    return httpx.get(f"{said['api']}{path}", headers=headers, trust_env=False)


def test_it_says_where_everything_is_and_drains_on_sigterm(up: Up, tmp_path: Path) -> None:
    process = up("--json")
    said = ready(process, tmp_path)
    assert set(said) == {"ready", "api", "apiKey", "testKey", "docs", "console", "databaseUrl", "redisUrl"}
    assert said["ready"] is True
    assert ask(said, "/v1/whoami").json()["organizationName"] == "Demo"
    assert httpx.get(said["docs"], trust_env=False).status_code == 200
    with redis.Redis.from_url(said["redisUrl"]) as client:
        assert client.ping()
    assert len(alive_in(tmp_path)) > 5
    process.send_signal(signal.SIGTERM)
    assert process.wait(END_S) == 0
    assert process.stdout is not None
    assert process.stdout.read() == ""
    assert alive_in(tmp_path) == {}


def test_a_second_start_keeps_the_data_and_the_key(up: Up, tmp_path: Path) -> None:
    first = up("--json")
    said = ready(first, tmp_path)
    first.send_signal(signal.SIGINT)
    assert first.wait(END_S) == 0
    again = ready(up("--json"), tmp_path)
    assert again["apiKey"] == said["apiKey"]
    assert ask(again, "/v1/whoami").status_code == 200
    for file in (LOCAL, LOCAL.with_name("demo")):
        assert (tmp_path / file).stat().st_mode & 0o777 == 0o600


def test_killed_it_leaves_no_orphan_and_starts_again(up: Up, tmp_path: Path) -> None:
    process = up("--json")
    ready(process, tmp_path)
    process.kill()
    process.wait()
    until(lambda: alive_in(tmp_path) == {}, within=END_S)
    assert ready(up("--json"), tmp_path)["ready"] is True


def test_what_dies_is_started_again_and_nothing_of_it_is_left(up: Up, tmp_path: Path) -> None:
    process = up("--json", "--workers", "ingest=2")
    said = ready(process, tmp_path)
    before = alive_in(tmp_path).keys() - {process.pid}
    killed = children(process.pid)
    assert len(killed) == 8
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not before & alive_in(tmp_path).keys(), within=START_S)
    until(lambda: answers(said), within=START_S)
    until(lambda: len(children(process.pid)) == 8, within=START_S)
    log = (tmp_path / "stderr").read_text()
    for name in ("postgres", "valkey", "web", "ingest", "ingest-2", "publish", "default", "dispatcher"):
        assert f"{name} ended by itself (exit code -9)" in log


def test_the_demo_shows_a_brand_a_post_and_a_command_to_paste(up: Up, tmp_path: Path) -> None:
    process = up("--demo")
    banner = read_through(process, "CONFIDENCE")
    command = banner[banner.index("curl ") : banner.index("}'") + 2]
    created = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert json.loads(created.stdout)["name"] == "Acme"
    read_through(process, "Tide tables that know your boat")
    read_through(process, "published, https://example.test/bluesky/tidewise.example/")


def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "cli", "up", "--port", str(port)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert f"port {port} can't be used" in done.stderr
    assert "--port" in done.stderr
    assert not (tmp_path / LOCAL).exists()


@pytest.mark.parametrize("count", ["nothing=1", "ingest", "ingest=-1", "ingest=some"])
def test_workers_of_no_pool_are_a_usage_error(tmp_path: Path, count: str) -> None:
    command = [sys.executable, "-m", "cli", "up", "--workers", count]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "POOL=N" in done.stderr


def test_the_curl_is_one_that_a_shell_takes() -> None:
    said = Ready(
        api="http://127.0.0.1:1",
        api_key="lp_live_k_s",
        test_key="lp_test_k_s",
        docs="",
        console="",
        database_url="",
        redis_url="",
    )
    checked = subprocess.run(["sh", "-nc", said.curl()], check=False, capture_output=True)
    assert (checked.returncode, checked.stderr) == (0, b"")
