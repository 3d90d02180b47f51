"""`up`, the whole platform as a person starts it: ready, kept, ended, killed; never an orphan."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import redis
from click.testing import CliRunner

from cli.__main__ import tenantry
from cli.local.folder import DEMO, LOCAL
from tests.waiting import until

START_S, END_S = 40.0, 30.0
OURS = "DATABASE_URL REDIS_URL PEPPERS VAULT_KEYS PUBLIC_URL HEALTH_PORT TENANTRY_FETCH_ALLOW".split()

pytestmark = [pytest.mark.first, pytest.mark.timeout(120)]

Up = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all of these platforms run in, one after the other."""
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="module")
def up(folder: Path) -> Iterator[Up]:
    """`up("--json")` in the folder; its stderr goes to the file `stderr` there."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> "subprocess.Popen[str]":
        environment = {name: value for name, value in os.environ.items() if name not in OURS}
        command = [sys.executable, "-m", "cli", "up", "--port", "0", *words]
        with (folder / "stderr").open("a") as stderr:
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True
            )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:
            process.kill()
    until(lambda: not alive_in(folder), within=END_S)


class Running(NamedTuple):
    """A platform that is up, and its line of --json."""

    process: "subprocess.Popen[str]"
    said: dict[str, Any]


class Ended(NamedTuple):
    """A platform that SIGTERM has ended: what it printed before and after, and what it left."""

    banner: str
    pasted: dict[str, Any]
    last_words: str
    exit_code: int
    left: dict[int, str]


@pytest.fixture(scope="module")
def killed(up: Up, folder: Path) -> dict[str, Any]:
    """The folder's first platform, killed as soon as it was ready and with no process left; what it said."""
    process = up("--json")
    said = ready(process, folder)
    process.kill()
    process.wait()
    until(lambda: alive_in(folder) == {}, within=END_S)
    return said


@pytest.fixture(scope="module")
def ended(up: Up, folder: Path, killed: dict[str, Any]) -> Ended:
    """The second one, for a person, with a demo; its curl was pasted into a shell."""
    process = up("--demo")
    banner = read_through(process, "A post of its sandbox")
    command = banner[banner.index("curl ") : banner.index("}'") + 2]
    created = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    process.send_signal(signal.SIGTERM)
    exit_code = process.wait(END_S)
    assert process.stdout is not None
    return Ended(banner, json.loads(created.stdout), process.stdout.read(), exit_code, alive_in(folder))


@pytest.fixture(scope="module")
def running(up: Up, folder: Path, ended: Ended) -> Iterator[Running]:
    """The third one, for a program. Ctrl-C ends it well, too."""
    process = up("--json", "--workers", "ingest=2")
    yield Running(process, ready(process, folder))
    process.send_signal(signal.SIGINT)
    assert process.wait(END_S) == 0


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


def pings(said: dict[str, Any]) -> bool:
    try:
        with redis.Redis.from_url(said["redisUrl"]) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


def ready(process: "subprocess.Popen[str]", folder: Path) -> dict[str, Any]:
    """The one line of --json."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (folder / "stderr").read_text()
    found: dict[str, Any] = json.loads(line)
    return found


def read_through(process: "subprocess.Popen[str]", word: str) -> str:
    """Its output up to the line that has `word`."""
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


def test_it_says_where_everything_is(running: Running, folder: Path) -> None:
    said = running.said
    assert set(said) == {"ready", "api", "apiKey", "testKey", "docs", "console", "databaseUrl", "redisUrl"}
    assert said["ready"] is True
    assert ask(said, "/v1/whoami").json()["organizationName"] == "Demo"
    assert httpx.get(said["docs"], trust_env=False).status_code == 200
    assert pings(said)
    assert len(alive_in(folder)) > 5


def test_sigterm_drains_it_and_leaves_nothing(ended: Ended) -> None:
    assert (ended.exit_code, ended.last_words, ended.left) == (0, "", {})


def test_a_later_start_keeps_the_data_and_the_key(
    killed: dict[str, Any], running: Running, folder: Path
) -> None:
    assert running.said["apiKey"] == killed["apiKey"]
    names = {project["name"] for project in ask(running.said, "/v1/projects").json()["items"]}
    assert "Acme" in names
    for file in (LOCAL, DEMO):
        assert (folder / file).stat().st_mode & 0o777 == 0o600


def test_killed_it_leaves_no_orphan_and_starts_again(killed: dict[str, Any], ended: Ended) -> None:
    assert killed["apiKey"] in ended.banner


def test_what_dies_is_started_again_and_nothing_of_it_is_left(running: Running, folder: Path) -> None:
    process, said = running
    before = alive_in(folder).keys() - {process.pid}
    killed = children(process.pid)
    assert len(killed) == 9
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not before & alive_in(folder).keys(), within=START_S)
    until(lambda: answers(said), within=START_S)
    until(lambda: len(children(process.pid)) == 9, within=START_S)
    until(lambda: pings(said), within=START_S)
    log = (folder / "stderr").read_text()
    pools = ("ingest", "ingest-2", "publish", "metrics", "default")
    for name in ("postgres", "valkey", "web", *pools, "dispatcher"):
        assert f"{name} ended by itself (exit code -9)" in log


def test_the_demo_shows_a_brand_a_post_and_a_command_to_paste(ended: Ended) -> None:
    assert ended.pasted["name"] == "Acme"
    assert "CONFIDENCE" in ended.banner
    assert "Tide tables that know your boat" in ended.banner
    assert "published, https://example.test/bluesky/tidewise.example/" in ended.banner


def test_a_port_in_use_is_said_before_anything_starts(elsewhere: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = CliRunner().invoke(tenantry, ["up", "--port", str(port)])
    assert done.exit_code == 5
    assert f"port {port} can't be used" in done.stderr
    assert "--port" in done.stderr
    assert not (elsewhere / LOCAL).exists()


@pytest.mark.parametrize("count", ["nothing=1", "ingest", "ingest=-1", "ingest=some"])
def test_workers_of_no_pool_are_a_usage_error(elsewhere: Path, count: str) -> None:
    done = CliRunner().invoke(tenantry, ["up", "--workers", count])
    assert done.exit_code == 2
    assert "POOL=N" in done.stderr
