"""`up`: the whole platform starts, stays, ends and restarts, and leaves no orphan process."""

import json
import os
import re
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
from cli.local.folder import DEMO_KEYS_FILE, LOCAL_ENV_FILE
from tests.process_tree import alive_in
from tests.waiting import PATIENCE_S, until

START_S, END_S = 120.0, 60.0
OURS = "DATABASE_URL REDIS_URL PEPPERS VAULT_KEYS PUBLIC_URL HEALTH_PORT TENANTRY_FETCH_ALLOW".split()

pytestmark = [pytest.mark.long, pytest.mark.first]

Up = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of all platforms of this module, one after the other."""
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="module")
def up(folder: Path) -> Iterator[Up]:
    """Run `up("--json")` in the folder; its stderr goes to the file `stderr` there."""
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


class Killed(NamedTuple):
    """Platform of --json ended by SIGKILL: its output, and observations of its run."""

    said: dict[str, Any]
    whoami: dict[str, Any]
    docs: int
    pinged: bool
    processes: int
    log: str


class Ended(NamedTuple):
    """Platform ended by Ctrl-C: its output before and after, and its leftover processes."""

    banner: str
    pasted: dict[str, Any]
    projects: set[str]
    last_words: str
    exit_code: int
    left: dict[int, str]


@pytest.fixture(scope="module")
def killed(up: Up, folder: Path) -> Killed:
    """Start the folder's first platform for a program, kill it, and wait for the end of its processes."""
    process = up("--json", "--workers", "ingest=2")
    said = ready(process, folder)
    whoami, pinged, processes = ask(said, "/v1/whoami").json(), pings(said), len(alive_in(folder))
    docs = httpx.get(said["docs"], trust_env=False, timeout=PATIENCE_S).status_code
    revive(process.pid, said, folder)
    assert create(said, "Kept") == 201
    process.send_signal(signal.SIGUSR1)
    until(lambda: f"Key      {said['apiKey']}" in (folder / "stderr").read_text())
    process.kill()
    process.wait()
    until(lambda: alive_in(folder) == {}, within=END_S)
    return Killed(said, whoami, docs, pinged, processes, (folder / "stderr").read_text())


@pytest.fixture(scope="module")
def ended(up: Up, killed: Killed, folder: Path) -> Ended:
    """Start the second platform for a person with a demo, and run its printed curl command."""
    process = up("--demo", "--workers", "generate=0")
    banner = read_through(process, "A post in its sandbox")
    command = banner[banner.index("curl ") : banner.index("}'") + 2]
    created = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    names = projects(command.split()[2], killed.said["apiKey"])
    process.send_signal(signal.SIGINT)
    exit_code = process.wait(END_S)
    assert process.stdout is not None
    return Ended(banner, json.loads(created.stdout), names, process.stdout.read(), exit_code, alive_in(folder))


def children(pid: int) -> list[int]:
    """Return the child processes of a process."""
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
    """Read the line of --json."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (folder / "stderr").read_text()
    found: dict[str, Any] = json.loads(line)
    return found


def read_through(process: "subprocess.Popen[str]", word: str) -> str:
    """Read the output up to the line with `word`."""
    assert process.stdout is not None
    text = ""
    while word not in text:
        line = process.stdout.readline()
        assert line, text
        text += line
    return text


def ask(said: dict[str, Any], path: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {said['apiKey']}"}
    return httpx.get(f"{said['api']}{path}", headers=headers, trust_env=False, timeout=PATIENCE_S)


def create(said: dict[str, Any], name: str) -> int:
    """Create a project, and return the response's status."""
    answer = httpx.post(
        f"{said['api']}/v1/projects",
        headers={"Authorization": f"Bearer {said['apiKey']}"},
        json={"name": name, "timezone": "UTC"},
        trust_env=False,
    )
    return answer.status_code


def projects(url: str, key: str) -> set[str]:
    """Return the names of the organization's projects."""
    answer = httpx.get(url, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=PATIENCE_S)
    return {project["name"] for project in answer.json()["items"]}


def revive(pid: int, said: dict[str, Any], folder: Path) -> None:
    """Kill all child processes, and wait until new ones replaced them."""
    before = alive_in(folder).keys() - {pid}
    killed = children(pid)
    assert len(killed) == 11
    for each in killed:
        os.kill(each, signal.SIGKILL)
    until(lambda: not before & alive_in(folder).keys(), within=START_S)
    until(lambda: answers(said), within=START_S)
    until(lambda: len(children(pid)) == 11, within=START_S)
    until(lambda: pings(said), within=START_S)


def test_json_has_all_addresses_and_keys(killed: Killed) -> None:
    said = killed.said
    assert set(said) == {"ready", "api", "apiKey", "testKey", "docs", "console", "databaseUrl", "redisUrl"}
    assert said["ready"] is True
    assert killed.whoami["organizationName"] == "Demo"
    assert (killed.docs, killed.pinged) == (200, True)
    assert killed.processes > 5


def test_sigusr1_prints_the_keys_again(killed: Killed) -> None:
    """Print them on stderr between the logs, which have no line for requests."""
    assert f"Sandbox  {killed.said['testKey']}" in killed.log
    assert f"API      {killed.said['api']}/v1" in killed.log
    assert '"route":"/v1/whoami"' not in killed.log


def test_killed_processes_restart(killed: Killed) -> None:
    pools = ("ingest", "ingest-2", "publish", "deliver", "metrics", "default")
    for name in ("postgres", "valkey", "web", *pools, "dispatcher"):
        assert f"{name} ended by itself (exit code -9)" in killed.log


def test_a_killed_platform_leaves_no_orphan_and_starts_again(killed: Killed, ended: Ended) -> None:
    assert killed.said["apiKey"] in ended.banner


def test_a_later_start_keeps_the_data_and_the_key(ended: Ended, folder: Path) -> None:
    """Read the first platform's project with its key."""
    assert {"Kept", "Acme"} <= ended.projects
    for file in (LOCAL_ENV_FILE, DEMO_KEYS_FILE):
        assert (folder / file).stat().st_mode & 0o777 == 0o600


def test_ctrl_c_drains_and_leaves_no_process(ended: Ended) -> None:
    assert (ended.exit_code, ended.last_words, ended.left) == (0, "", {})


def test_the_demo_prints_a_brand_a_post_and_a_curl_command(ended: Ended) -> None:
    assert ended.pasted["name"] == "Acme"
    assert "CONFIDENCE" in ended.banner
    assert "Tide tables that know your boat" in ended.banner
    assert re.search(r"^audience +Sailors, anglers", ended.banner, re.MULTILINE)
    assert re.search(r"^(icp|brandVoice) ", ended.banner, re.MULTILINE)
    assert "published, https://example.test/bluesky/tidewise.example/" in ended.banner


def test_a_port_in_use_is_reported_before_the_start(elsewhere: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = CliRunner().invoke(tenantry, ["up", "--port", str(port)])
    assert done.exit_code == 5
    assert f"port {port} can't be used" in done.stderr
    assert "--port" in done.stderr
    assert not (elsewhere / LOCAL_ENV_FILE).exists()


@pytest.mark.parametrize("count", ["nothing=1", "ingest", "ingest=-1", "ingest=some"])
def test_workers_of_an_unknown_pool_are_a_usage_error(elsewhere: Path, count: str) -> None:
    done = CliRunner().invoke(tenantry, ["up", "--workers", count])
    assert done.exit_code == 2
    assert "POOL=N" in done.stderr
