"""Embedded servers: durable data, complete restarts, and no leftovers."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import redis

from db import local, server
from db.server import LocalServer, find_free_port
from schemas.errors import LocalServerUnavailable
from tests.servers import FAST
from tests.waiting import PATIENCE_S, until


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[LocalServer]:
    with local.run_local_postgres(tmp_path / "postgres", FAST) as started:
        yield started


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[LocalServer]:
    with local.run_local_valkey(tmp_path / "valkey") as started:
        yield started


async def run(url: str, statement: str) -> object:
    conn = await asyncpg.connect(url, timeout=PATIENCE_S)
    try:
        return await conn.fetchval(statement)
    finally:
        await conn.close()


async def test_data_outlives_a_stop_and_a_kill(postgres: LocalServer) -> None:
    await run(postgres.url, "create table kept as select 1 as n")
    postgres.stop()
    postgres.start_and_wait_until_ready()
    assert await run(postgres.url, "insert into kept values (2) returning n") == 2
    postgres.kill()
    postgres.start_and_wait_until_ready()
    assert await run(postgres.url, "select count(*) from kept") == 2


async def test_a_second_run_finds_the_data_and_the_password(tmp_path: Path) -> None:
    """Only the password opens it, and a stale pid of another program is left alone."""
    with local.run_local_postgres(tmp_path, FAST) as first:
        await run(first.url, "create table kept (n int)")
    (tmp_path / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path / 'data'}\n")
    with local.run_local_postgres(tmp_path, FAST) as second:
        assert await run(second.url, "select count(*) from kept") == 0
        assert second.url.split("@")[0] == first.url.split("@")[0]
        password = second.url.split("@")[0].rpartition(":")[2]
        with pytest.raises(asyncpg.InvalidPasswordError):
            await run(second.url.replace(password, "guess"), "select 1")
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600


async def test_half_a_data_folder_of_a_killed_run_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with local.run_local_postgres(tmp_path, FAST) as started:
        assert await run(started.url, "select 1") == 1


async def test_paused_server_is_silent_and_resumes(postgres: LocalServer) -> None:
    conn = await asyncpg.connect(postgres.url)
    postgres.pause()
    with pytest.raises(TimeoutError):
        await conn.fetchval("select 1", timeout=0.2)
    postgres.resume()
    assert await run(postgres.url, "select 1") == 1
    conn.terminate()


def test_valkey_restarts_empty_on_its_port(valkey: LocalServer) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.set("key", "value")
        valkey.stop()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        valkey.start_and_wait_until_ready()
        assert client.get("key") is None


@pytest.mark.parametrize("start", [local.run_local_postgres, local.run_local_valkey])
def test_one_folder_serves_one_process(start: type, tmp_path: Path) -> None:
    with start(tmp_path), pytest.raises(LocalServerUnavailable, match="in use"), start(tmp_path):
        pass


def test_unusable_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(LocalServerUnavailable, match="can't be made"),
        local.run_local_valkey(tmp_path / "file" / "valkey"),
    ):
        pass


HOLD = """
import sys
from pathlib import Path
from db import local
folder = Path(sys.argv[1])
with (
    local.run_local_postgres(folder / "postgres") as postgres,
    local.run_local_valkey(folder / "valkey") as valkey,
):
    print(postgres.pid, valkey.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that holds both servers until its stdin closes."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def pids(holder: subprocess.Popen[str]) -> list[int]:
    assert holder.stdout is not None
    return [int(word) for word in holder.stdout.readline().split()]


def test_the_servers_end_when_their_parent_is_killed(holder: subprocess.Popen[str]) -> None:
    started = pids(holder)
    holder.kill()
    until(lambda: not any(map(server.read_process_command_line, started)))


async def test_server_of_a_killed_run_is_taken_over(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    postmaster, _ = pids(holder)
    os.kill(postmaster, signal.SIGSTOP)
    holder.kill()
    holder.wait()
    with local.run_local_postgres(tmp_path / "postgres") as started:
        assert not server.read_process_command_line(postmaster)
        assert await run(started.url, "select 1") == 1


def test_a_server_that_does_not_start_shows_its_log(tmp_path: Path) -> None:
    broken = local.run_local_postgres(tmp_path, {"shared_buffers": "nonsense"})
    with pytest.raises(LocalServerUnavailable, match="shared_buffers"), broken:
        pass


def test_message_without_the_wheels_gives_advice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(local, "find_spec", lambda _: None)
    with (
        pytest.raises(LocalServerUnavailable, match=r"tenantry\[local\].*DATABASE_URL"),
        local.run_local_valkey(tmp_path),
    ):
        pass


def test_root_without_user_namespaces_gets_advice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalServerUnavailable, match="normal user"), local.run_local_postgres(tmp_path):
        pass


def test_a_process_gets_no_port_twice() -> None:
    """All ports of a platform are chosen before the first of its processes listens."""
    assert len({find_free_port() for _ in range(300)}) == 300
