"""`bin/up` without installed packages: the choice of Python, its messages, and repeated runs."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.local import install

ROOT = Path(__file__).resolve().parents[3]
LISTS = (install.UV_PIN_FILE, *install.LOCK_FILES_BY_EXTRA.values())
NAMED = ("pyproject.toml", *LISTS, ".venv/pyvenv.cfg")
STEPS = ["getting uv", "installing into .venv", "linking tenantry into it"]
Up = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def up(tmp_path: Path) -> Up:
    """Run `bin/up --install-only` in a minimal checkout."""
    for name in ("bin/up", "cli/__init__.py", "cli/local/install.py", "pyproject.toml", *LISTS):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)

    def run(**environ: str) -> "subprocess.CompletedProcess[str]":
        command = [str(tmp_path / "bin" / "up"), "--install-only"]
        environment = {**os.environ, **environ}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


def test_an_unsupported_python_is_reported_with_the_supported_ones(up: Up) -> None:
    done = up(PYTHON="/nowhere/python3")
    assert done.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_ensurepip_is_reported_with_remedies(up: Up, tmp_path: Path) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "ensurepip.py").write_text("raise ImportError")
    done = up(PYTHON=sys.executable, PYTHONPATH=str(tmp_path / "without"))
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr
    assert "uv venv --seed" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.fixture
def venv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Fake virtual environment next to the package lists."""
    for name in NAMED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    made = tmp_path / ".venv"
    (made / "bin").mkdir()
    (made / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(install, "REPOSITORY_ROOT", tmp_path)
    monkeypatch.setattr(install, "VENV_FOLDER", made)
    monkeypatch.setattr(install, "VENV_PYTHON", made / "bin" / "python")
    monkeypatch.setattr(install, "INSTALL_STAMP_FILE", made / "installed")
    return made


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the steps instead of running them."""
    steps: list[str] = []
    monkeypatch.setattr(install, "_run_install_process", lambda what, _: steps.append(what))
    monkeypatch.setattr(install, "_is_venv_usable", lambda: True)
    return steps


def test_a_second_install_does_nothing(venv: Path, ran: list[str]) -> None:
    """Repeat it only for more extras."""
    for extras in ("local", "local", "local,dev", "local"):
        install.install_venv_with_extras(extras)
    assert ran == STEPS * 2


@pytest.mark.parametrize("name", NAMED)
def test_a_changed_input_reinstalls(venv: Path, ran: list[str], name: str) -> None:
    install.install_venv_with_extras("local")
    (venv.parent / name).write_text("changed")
    install.install_venv_with_extras("local")
    assert ran == STEPS * 2


def test_only_files_with_listed_hashes_are_downloaded(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Link the checkout, which has no hash, without any look-up."""
    commands: list[list[str]] = []
    monkeypatch.setattr(install, "_run_install_process", lambda _, command: commands.append(command))
    monkeypatch.setattr(install, "_is_venv_usable", lambda: True)
    for extras, lock in (("local", "local"), ("local,dev", "dev")):
        install.install_venv_with_extras(extras)
        got, listed, linked = commands[-3:]
        assert {"--require-hashes", "--no-deps", install.UV_PIN_FILE} <= set(got)
        assert {"--require-hashes", "--no-deps", install.LOCK_FILES_BY_EXTRA[lock]} <= set(listed)
        assert {"--no-index", "--no-deps", "--no-build-isolation"} <= set(linked)


@pytest.mark.parametrize("fails", [install.UV_PIN_FILE, install.LOCK_FILES_BY_EXTRA["local"], "--no-index"])
def test_pip_installs_the_same_after_uv_fails(
    venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fails: str
) -> None:
    """Fall back to pip: it may know another mirror, and needs no folder in the home."""
    monkeypatch.setattr(install, "_is_venv_usable", lambda: True)
    commands: list[list[str]] = []

    def run(_: str, command: list[str]) -> None:
        commands.append(command)
        if fails in command and (command[2] == "uv" or fails == install.UV_PIN_FILE):
            raise install.VenvInstallationFailed

    monkeypatch.setattr(install, "_run_install_process", run)
    install.install_venv_with_extras("local")
    by_pip = [command for command in commands[1:] if command[2] == "pip"]
    assert by_pip == commands[-2:]
    listed, linked = by_pip
    assert listed[-len(install.PIP_HASH_CHECK_OPTIONS) - 1 :] == [
        *install.PIP_HASH_CHECK_OPTIONS,
        install.LOCK_FILES_BY_EXTRA["local"],
    ]
    assert linked[-len(install.EDITABLE_INSTALL_OPTIONS) :] == install.EDITABLE_INSTALL_OPTIONS
    assert "installing the same with pip" in capsys.readouterr().err
    assert (venv / "installed").exists()


def test_an_unknown_extra_is_reported(venv: Path, ran: list[str]) -> None:
    with pytest.raises(install.VenvInstallationFailed, match="unknown extra locl"):
        install.install_venv_with_extras("locl")


def test_a_failed_install_shows_the_end_of_its_output_and_leaves_no_stamp(
    venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "_is_venv_usable", lambda: True)
    failing = [sys.executable, "-S", "-c", "print('no such package'); raise SystemExit(2)"]
    monkeypatch.setattr(install, "_pip_install_command", lambda: failing)
    said = r"no such package\ninstalling into .venv failed \(exit code 2\)(?s:.*)PIP_INDEX_URL"
    with pytest.raises(install.VenvInstallationFailed, match=said):
        install.install_venv_with_extras("local")
    assert not (venv / "installed").exists()


@pytest.mark.parametrize("said", ["No space left on device (os error 28)", "[Errno 122] Disk quota exceeded"])
def test_a_full_disk_is_reported_with_folders_and_needed_space(
    venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], said: str
) -> None:
    """Skip pip after uv: the disk is full for both."""
    monkeypatch.setattr(install, "_is_venv_usable", lambda: True)
    full = [sys.executable, "-S", "-c", f"print({said!r}); raise SystemExit(2)"]
    monkeypatch.setattr(install, "_pip_install_command", lambda: full)
    with pytest.raises(SystemExit) as ended:
        install.main("local,dev")
    message = str(ended.value)
    assert said in message
    assert f".venv needs {install.VENV_DISK_SPACE_NEEDED_BY_EXTRA_MB['dev']:,} MB" in message
    assert f"MB free for packages in {venv}" in message
    assert "PIP_INDEX_URL" not in message
    assert "installing the same with pip" not in capsys.readouterr().err
    assert not (venv / "installed").exists()


def test_a_full_disk_outside_an_installer_is_reported(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(_: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(venv / "installed"))

    monkeypatch.setattr(install, "install_venv_with_extras", fill)
    with pytest.raises(SystemExit, match=r"installed(?s:.*)The disk is full"):
        install.main("local")


def test_each_list_has_its_size() -> None:
    assert install.VENV_DISK_SPACE_NEEDED_BY_EXTRA_MB.keys() == install.LOCK_FILES_BY_EXTRA.keys()
