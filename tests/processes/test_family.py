"""Parent, image and forks with a small program: a failing or hung start or deploy, new code, a crash loop."""

import argparse
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from processes.image import parse_process_image_options
from processes.parent import find_python
from tests.process_tree import alive, descendants, kill_all
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.timing

#: The parent: `python parent.py`. Its port is on its stdout.
PARENT = """
import socket, sys
from processes import parent

parent.MAX_IMPORT_S = 2
with socket.create_server(("127.0.0.1", 0)) as sock:
    print(sock.getsockname()[1], flush=True)
    sys.exit(parent.run_parent("program", [], sockets=[sock]))
"""
#: The image and its processes: each answers a connection by its code's word and its pid.
PROGRAM = """
import argparse, os, sys
from processes.image import fork_processes, parse_process_image_options

image = parse_process_image_options(argparse.ArgumentParser(), sys.argv[1:]).image
process = fork_processes(2, image)
process.report_serving()
while True:
    connection, _ = image.sockets[0].accept()
    connection.sendall(f"WORD {os.getpid()} {process.is_beside_serving_ones}".encode())
    connection.close()
"""
#: As `PROGRAM`, but with a spare, which logs its pid once it has reported, and answers with its number.
SPARE_PROGRAM = PROGRAM.replace("WORD", "{process.number}").replace(
    "process = fork_processes(2, image)",
    """
import asyncio
process = fork_processes(2, image, has_spare=True)
if process.turn:
    process.report_serving()
    print("ready", os.getpid(), file=sys.stderr, flush=True)
asyncio.run(process.wait_for_number())""",
)
#: As `PROGRAM`, but a process says its pid first, and finishes a connection after a first SIGTERM, not after a second.
SLOW_PROGRAM = """
import argparse, os, signal, sys
from processes.image import fork_processes, parse_process_image_options

image = parse_process_image_options(argparse.ArgumentParser(), sys.argv[1:]).image
process = fork_processes(2, image)
is_busy = is_stopping = False

def stop(*_):
    global is_stopping
    if is_stopping or not is_busy:
        sys.exit()
    is_stopping = True

signal.signal(signal.SIGTERM, stop)
process.report_serving()
while not is_stopping:
    connection, _ = image.sockets[0].accept()
    is_busy = True
    connection.sendall(str(os.getpid()).encode())
    connection.sendall(connection.recv(100))
    connection.close()
    is_busy = False
"""
#: An image and its two processes.
FAMILY_SIZE = 3
HANG = "import signal; signal.pause()"
FIRST, SECOND = PROGRAM.replace("WORD", "first"), PROGRAM.replace("WORD", "second")


@dataclass
class Program:
    """A running parent, and the file with the code of its image."""

    parent: subprocess.Popen[str]
    code: Path
    log: Path
    port: int = 0

    def ask(self) -> list[str]:
        """Return the word, the pid and the flag that answer a new connection. Raises OSError if it is refused."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE_S) as client:
            return client.recv(100).decode().split()

    def deploy(self, code: str) -> None:
        self.code.write_text(code)
        self.parent.send_signal(signal.SIGHUP)

    @property
    def family(self) -> list[int]:
        return descendants(self.parent.pid)


@contextlib.contextmanager
def running(folder: Path, code: str) -> Iterator[Program]:
    program = folder / "program.py"
    program.write_text(code)
    environment = {**os.environ, "PYTHONPATH": f"{folder}:{Path(__file__).parents[2]}", "PYTHONDONTWRITEBYTECODE": "1"}
    log = folder / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-c", PARENT], env=environment, stdout=subprocess.PIPE, stderr=output, text=True
        ) as parent,
    ):
        try:
            assert parent.stdout
            yield Program(parent, program, log, int(parent.stdout.readline()))
        finally:
            kill_all([parent.pid, *descendants(parent.pid)])


def have_ended(pids: set[int]) -> bool:
    return not any(map(alive, pids))


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    with running(tmp_path, FIRST) as started:
        yield started


def test_a_deploy_loads_new_code_and_ends_the_old_processes(program: Program) -> None:
    assert program.ask()[0] == "first"
    old = program.family
    program.deploy(SECOND)
    until(lambda: not any(map(alive, old)))
    assert program.ask()[0] == "second"
    until(lambda: len(program.family) == FAMILY_SIZE)


def test_a_failed_deploy_keeps_the_old_processes(program: Program) -> None:
    assert program.ask()[0] == "first"
    until(lambda: len(program.family) == FAMILY_SIZE)
    old = program.family
    program.deploy("raise SystemExit(2)")
    until(lambda: "a replacement ended: its predecessor continues" in program.log.read_text())
    assert (program.ask()[0], program.family) == ("first", old)
    program.deploy(SECOND)
    until(lambda: not any(map(alive, old)))
    assert program.ask()[0] == "second"


def test_a_slow_request_outlasts_two_deploys_and_a_stop(tmp_path: Path) -> None:
    with running(tmp_path, SLOW_PROGRAM) as program:
        until(lambda: len(program.family) == FAMILY_SIZE)
        with socket.create_connection(("127.0.0.1", program.port), PATIENCE_S) as client:
            draining = {program.family[0], int(client.recv(100))}
            for _ in range(2):
                old = {*program.family} - draining
                program.deploy(SLOW_PROGRAM)
                until(partial(have_ended, old))
            old = {*program.family} - draining
            program.parent.terminate()
            until(partial(have_ended, old))
            client.sendall(b"done")
            assert client.recv(100) == b"done"
        assert program.parent.wait(PATIENCE_S) == 0


@pytest.mark.parametrize(
    ("code", "size"),
    [(HANG, 1), (FIRST.replace("process.report_serving()", HANG), FAMILY_SIZE)],
    ids=["hung import", "hung processes"],
)
def test_a_replacement_that_never_serves_gives_way_to_the_next(program: Program, code: str, size: int) -> None:
    assert program.ask()[0] == "first"
    until(lambda: len(program.family) == FAMILY_SIZE)
    old = program.family
    program.deploy(code)
    until(lambda: len(program.family) == FAMILY_SIZE + size)
    os.kill(program.family[-1], signal.SIGSTOP)
    program.deploy(SECOND)
    until(lambda: not any(map(alive, old)))
    assert program.ask()[0] == "second"
    until(lambda: len(program.family) == FAMILY_SIZE)


def test_a_killed_replacement_starts_again_while_its_predecessor_drains(tmp_path: Path) -> None:
    with running(tmp_path, SLOW_PROGRAM) as program:
        until(lambda: len(program.family) == FAMILY_SIZE)
        with socket.create_connection(("127.0.0.1", program.port), PATIENCE_S) as client:
            draining = {program.family[0], int(client.recv(100))}
            old = {*program.family} - draining
            program.deploy(SLOW_PROGRAM)
            until(partial(have_ended, old))
            killed = {*program.family} - draining
            kill_all([*killed])
            until(lambda: len({*program.family} - draining - killed) == FAMILY_SIZE)
            client.sendall(b"done")
            assert client.recv(100) == b"done"


def test_a_killed_replacement_leaves_no_processes_beside_its_predecessor(program: Program) -> None:
    assert program.ask()[0] == "first"
    until(lambda: len(program.family) == FAMILY_SIZE)
    old = program.family
    program.deploy(FIRST.replace("process.report_serving()", HANG))
    until(lambda: len(program.family) == 2 * FAMILY_SIZE)
    os.kill(next(pid for pid in program.family if pid not in old), signal.SIGKILL)
    until(lambda: program.family == old)


def test_a_hung_image_gives_way_to_a_deploy_while_only_orphans_serve(program: Program) -> None:
    assert program.ask()[0] == "first"
    until(lambda: len(program.family) == FAMILY_SIZE)
    old = program.family
    program.code.write_text(FIRST.replace("process.report_serving()", HANG))
    os.kill(old[0], signal.SIGKILL)
    until(lambda: len({*program.family} - {*old}) == FAMILY_SIZE)
    program.deploy(SECOND)
    until(lambda: not any(map(alive, old)))
    assert program.ask()[0] == "second"


def test_a_hung_import_starts_again(tmp_path: Path) -> None:
    hangs_once = f"""
import pathlib, signal
if not (mark := pathlib.Path({str(tmp_path)!r}, "began")).exists():
    mark.touch()
    signal.pause()
"""
    with running(tmp_path, hangs_once + FIRST) as program:
        assert program.ask()[0] == "first"
    assert f'"exit_code":-{signal.SIGALRM.value}' in program.log.read_text()


def test_a_process_knows_whether_others_serve(program: Program) -> None:
    """Only without them it may answer while it waits for a server. The flag holds for a deploy and a killed image."""
    assert program.ask()[2] == "False"
    for signum in (signal.SIGHUP, signal.SIGKILL):
        until(lambda: len(program.family) == FAMILY_SIZE)
        old = program.family
        os.kill(program.parent.pid if signum is signal.SIGHUP else old[0], signum)
        until(partial(have_ended, {*old}))
        assert program.ask()[2] == "True"
    until(lambda: len(program.family) == FAMILY_SIZE)
    kill_all(killed := program.family[1:])
    until(partial(have_ended, {*killed}))
    assert program.ask()[2] == "False"


def test_programs_that_a_process_runs_inherit_no_listening_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        descriptor = os.dup(sock.fileno())
        os.set_inheritable(descriptor, True)  # noqa: FBT003  no keyword
        options = ["--parent=1", "--number=1", f"--socket={descriptor}"]
        [inherited] = parse_process_image_options(argparse.ArgumentParser(), options).image.sockets
        with inherited:
            listed = subprocess.check_output(["ls", "-l", "/proc/self/fd"], close_fds=False, text=True)
            assert f"socket:[{os.fstat(descriptor).st_ino}]" not in listed


@pytest.mark.parametrize(("code", "size"), [(FIRST, FAMILY_SIZE), (SPARE_PROGRAM, FAMILY_SIZE + 1)])
def test_killed_processes_start_again_and_no_connection_is_refused(tmp_path: Path, code: str, size: int) -> None:
    """Kills images and their processes at random. A killed process may only drop a connection that it had accepted."""
    dice = random.Random(1)
    with running(tmp_path, code) as program:
        for _ in range(30):
            with contextlib.suppress(ProcessLookupError, ConnectionResetError):
                os.kill(dice.choice(until(lambda: program.family)), signal.SIGKILL)
                program.ask()
        until(lambda: len(program.family) == size)
        assert program.ask()


def test_a_spare_takes_the_number_of_a_killed_process(tmp_path: Path) -> None:
    """Then another spare starts. Killed as the spare, it is replaced too."""
    with running(tmp_path, SPARE_PROGRAM) as program:
        for number in (1, 0):
            _, *serving, spare = until(partial(family_with_spare, program))
            os.kill(spare, signal.SIGKILL)
            *_, spare = until(partial(family_with_spare, program, without=spare))
            os.kill(serving[number], signal.SIGKILL)
            until(partial(answered_by, program, spare, number))


def family_with_spare(program: Program, without: int = 0) -> list[int]:
    """Return the family's pids, the spare last, once it is ready and the pid `without` has ended."""
    family = program.family
    is_ready = family and f"ready {family[-1]}\n" in program.log.read_text()
    return family if is_ready and len(family) == FAMILY_SIZE + 1 and without not in family else []


def answered_by(program: Program, pid: int, number: int) -> bool:
    return program.ask()[:2] == [str(number), str(pid)]


def test_a_spare_ends_with_its_image(tmp_path: Path) -> None:
    """The others serve until the next image's processes do."""
    with running(tmp_path, SPARE_PROGRAM) as program:
        image, *_, spare = until(partial(family_with_spare, program))
        program.code.write_text(HANG)
        os.kill(image, signal.SIGKILL)
        until(lambda: not alive(spare))
        assert program.ask()
        program.parent.terminate()
        assert program.parent.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("raises", ["raise SystemExit(3)", "process.report_serving(); raise SystemExit(3)"])
def test_processes_that_always_end(tmp_path: Path, raises: str) -> None:
    """Before their first service the parent ends with their code. Afterwards they start again."""
    with running(tmp_path, PROGRAM.replace("process.report_serving()", raises)) as program:
        if raises.startswith("raise"):
            assert program.parent.wait(PATIENCE_S) == 3
            return
        until(lambda: program.log.read_text().count("starts again") > 9)
        assert program.parent.poll() is None


def test_a_stop_ends_all_and_refuses_new_connections(program: Program) -> None:
    program.ask()
    family = program.family
    program.parent.terminate()
    assert program.parent.wait(PATIENCE_S) == 0
    assert not any(map(alive, family))
    with pytest.raises(ConnectionRefusedError):
        program.ask()


def test_a_killed_parent_leaves_no_process(program: Program) -> None:
    program.ask()
    family = program.family
    program.parent.kill()
    until(lambda: not any(map(alive, family)))


def test_a_stop_while_the_image_starts(program: Program) -> None:
    """The signal waits until the image can handle it."""
    until(lambda: program.family)
    program.deploy(SECOND)
    program.parent.terminate()
    assert program.parent.wait(PATIENCE_S) == 0
    with pytest.raises(ConnectionRefusedError):
        program.ask()


def test_python_of_a_moved_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The link of a release is followed at each start of an image, the link of Python itself never."""
    for release in ("one", "two"):
        (tmp_path / release / "bin").mkdir(parents=True)
    link = tmp_path / "current"
    monkeypatch.setattr(sys, "executable", str(link / "bin" / "python"))
    for release in ("one", "two"):
        link.unlink(missing_ok=True)
        link.symlink_to(tmp_path / release)
        assert find_python() == str(tmp_path / release / "bin" / "python")
