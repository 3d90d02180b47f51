"""A child that reads untrusted files reaches no network, no other file and no other process."""

import errno
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.operations.host_warnings import warn_of_missing_kernel_sandbox
from generation.confinement import confine, kernel
from tests.generation.escapes import unreachable_targets, ways


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with unreachable_targets(tmp_path_factory.mktemp("outside")) as place:
        yield place


def run(script: str, *arguments: str) -> list[str]:
    """Return the JSON that a script prints in a process of its own."""
    ran = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, check=False, text=True)
    assert ran.returncode == 0, ran.stderr
    found: list[str] = json.loads(ran.stdout.splitlines()[-1])
    return found


TRIES = """
import json, sys
from pathlib import Path
from generation.confinement.confine import confine_process
from tests.generation import escapes
place, starts = json.loads(sys.argv[1]), sys.argv[2] == "starts"
if sys.argv[3] == "confined":
    lacking = confine_process(folder=Path(sys.argv[4]), programs=[Path("/bin/true")] if starts else None)
    assert not lacking, lacking
print(json.dumps(escapes.open_ways(place, starts=starts)))
"""


@pytest.mark.parametrize("starts", ["starts", "starts no process"])
def test_no_escape_works_in_a_confined_process(place: dict[str, str], starts: str, tmp_path: Path) -> None:
    assert run(TRIES, json.dumps(place), starts, "confined", str(tmp_path)) == []


#: Attempts without side effects on the tests.
HARMLESS = ["tcp", "udp", "unix", "abstract", "read", "list", "fork", "start a program", "a namespace"]
LOOKS = f"""
{TRIES.partition("if sys.argv")[0]}
found = escapes.ways(place, starts=False)
print(json.dumps([name for name in {HARMLESS} if not escapes._is_closed(found[name])]))
"""


def test_escapes_work_without_confinement(place: dict[str, str]) -> None:
    """A control: a blocked attempt is blocked by the confinement."""
    assert {*HARMLESS} < {*ways(place, starts=False)}
    assert {*run(LOOKS, json.dumps(place), "")} >= {*HARMLESS} - {"a namespace"}


WORKS = """
import json, os, subprocess, sys, threading
from pathlib import Path
from generation.confinement.confine import confine_process
handle, folder = int(sys.argv[1]), Path(sys.argv[2])
confine_process(folder=folder, handles=[handle], programs=[Path("/bin/cat")])
(folder / "new").write_text("written")
(folder / "new").rename(folder / "moved")
threading.Thread(target=print).start()
again = f"/proc/{os.getpid()}/fd/{handle}"
said = subprocess.run(["/bin/cat", again], capture_output=True, check=True, text=True).stdout
import colorsys, generation.seeds
print(json.dumps([said, (folder / "moved").read_text()]))
"""


def test_a_confined_process_can_do_its_work(tmp_path: Path) -> None:
    """It reopens its own file, starts a program, imports, and writes to its folder."""
    given, folder = tmp_path / "given", tmp_path / "folder"
    given.write_text("given")
    folder.mkdir()
    with given.open() as file:
        command = [sys.executable, "-c", WORKS, str(file.fileno()), str(folder)]
        said = subprocess.check_output(command, pass_fds=[file.fileno()], text=True)
    assert json.loads(said.splitlines()[-1]) == ["given", "written"]


#: A kernel without Landlock and seccomp: their calls fail with ENOSYS.
OLD_KERNEL = """
import ctypes, errno, json, sys
from generation.confinement import confine, kernel, seccomp
column, machine = seccomp._SECCOMP_ARCHITECTURES[kernel.KERNEL_ARCHITECTURE]
steps = [seccomp._BpfInstruction(seccomp._BPF_LOAD_OPCODE, 0, 0, seccomp._SYSCALL_NUMBER_OFFSET)]
for number in (444, 445, 446, kernel.SECCOMP_CALL_NUMBER):
    steps += seccomp._build_bpf_denial_of_syscall(number, errno.ENOSYS)
steps.append(seccomp._BpfInstruction(seccomp._BPF_RETURN_OPCODE, 0, 0, seccomp._SECCOMP_ALLOW_ACTION))
kernel.set_no_new_privileges()
kernel.make_linux_syscall(kernel.SECCOMP_CALL_NUMBER, 1, 0, ctypes.byref(seccomp.pack_seccomp_filter(steps)))
"""
WITHOUT = f"{OLD_KERNEL}\nprint(json.dumps(confine.find_missing_kernel_sandbox_parts() + confine.confine_process()))"


def test_on_an_old_kernel_a_child_works_and_reports_the_missing_parts() -> None:
    assert run(WITHOUT) == ["landlock", "seccomp"] * 2


def test_a_process_warns_about_missing_sandbox_parts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    warn_of_missing_kernel_sandbox()
    assert "sandbox" not in capsys.readouterr().out

    def missing(*_: object) -> int:
        raise OSError(errno.ENOSYS, "no such call")

    monkeypatch.setattr(kernel, "make_linux_syscall", missing)
    warn_of_missing_kernel_sandbox()
    said = capsys.readouterr().out
    assert "without a part of the sandbox" in said
    assert confine.find_missing_kernel_sandbox_parts() == ["landlock", "seccomp"]
