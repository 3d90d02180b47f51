"""Installer of `.venv`, with the standard library only: no package is installed yet.

    python3 -m cli.local.install EXTRAS [WORD ...]

EXTRAS are a comma-separated list from pyproject.toml. With words, `.venv/bin/python WORD ...` then replaces
this process, so that the started pid stays the running one.
"""

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

REPOSITORY_ROOT = Path(__file__).resolve().parents[2]
VENV_FOLDER = REPOSITORY_ROOT / ".venv"
VENV_PYTHON = VENV_FOLDER / "bin" / "python"
INSTALL_STAMP_FILE = VENV_FOLDER / "installed"
SUPPORTED_PYTHON_EXPRESSION = "(3, 11) <= sys.version_info < (3, 14)"

#: Lock file of each extra, written by bin/lock; each list includes the earlier ones.
LOCK_FILES_BY_EXTRA = {
    "local": "constraints.txt",
    "otel": "constraints-otel.txt",
    "generate": "constraints-generate.txt",
    "dev": "constraints-dev.txt",
}
#: Lock file of uv, the installer of all other packages: 3 s of CPU instead of 27 with pip.
UV_PIN_FILE = "constraints-installer.txt"

#: First words of an installer's progress lines.
PIP_PROGRESS_LINE_STARTS = (
    "Collecting",
    "Downloading",
    "Using cached",
    "Building",
    "Preparing",
    "Installing",
    "Resolved",
)
#: Options of pip and uv to install exactly the files of the following list.
PIP_HASH_CHECK_OPTIONS = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r"]
#: Options of pip and uv to link the checkout without network access.
EDITABLE_INSTALL_OPTIONS = ["--no-index", "--no-deps", "--no-build-isolation", "-e", "."]

#: Pause between two frames of the progress line, and between two lines without a terminal.
INSTALL_PROGRESS_REDRAW_PAUSE_S = 0.1
PLAIN_PROGRESS_LINE_PAUSE_S = 2.0
ANSI_CLEAR_LINE = "\r\033[2K"

NO_ENSUREPIP_ADVICE = """\
This Python has no ensurepip, so it can't make a virtual environment. Any one of these helps:
  apt-get install python3-venv          (Debian, Ubuntu; as root)
  uv venv --seed .venv && bin/up        (with uv: https://docs.astral.sh/uv)
  PYTHON=/path/to/another/python3.1x bin/up"""

UNREACHABLE_PACKAGES_ADVICE = """\
Packages are downloaded the first time, and after a change of their list. If they are unreachable:
  connect this machine, or set a proxy     (HTTPS_PROXY)
  set a mirror with these packages         (PIP_INDEX_URL, or pip's own configuration)"""


#: Messages of programs for a full disk (ENOSPC) or an exhausted quota (EDQUOT).
PIP_DISK_FULL_MESSAGES = ("No space left on device", "Disk quota exceeded")

#: Megabytes of `.venv` with each extra and the earlier ones. `du` after an installation with Python 3.11 on
#: 2026-11-30: 339, 347, 723 and 1,109. The rest is for bytecode written by first imports.
VENV_DISK_SPACE_NEEDED_BY_EXTRA_MB = {"local": 350, "otel": 360, "generate": 750, "dev": 1150}


class VenvInstallationFailed(Exception):
    """Failed installation; the message has the reason and the remedy."""


class InstallDiskFull(VenvInstallationFailed):
    """Full disk: another installer would fail too."""


def main(extras: str, *words: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        install_venv_with_extras(extras)
    except InstallDiskFull as error:
        sys.exit(f"{error}\n{_disk_full_advice(extras)}")
    except VenvInstallationFailed as error:
        sys.exit(str(error))
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        sys.exit(f"{error}\n{_disk_full_advice(extras)}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    if words:
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), *words])  # noqa: S606  the new virtual environment's interpreter


def install_venv_with_extras(extras: str) -> None:
    """Install the product's dependencies and these extras into `.venv`, unless it has them already.

    Only files with a listed hash are downloaded. Then the checkout is linked without any look-up of its
    dependencies. Raise `VenvInstallationFailed`, or its subclass `InstallDiskFull`.
    """
    if not _is_venv_usable():
        _create_venv()
    if not _are_extras_installed(extras):
        lock = _lock_file_of_extras(extras)
        INSTALL_STAMP_FILE.unlink(missing_ok=True)
        try:
            _run_install_process("getting uv", [*_pip_install_command(), *PIP_HASH_CHECK_OPTIONS, UV_PIN_FILE])
            _install_lock_file_and_checkout(_uv_install_command(), lock)
        except InstallDiskFull:
            raise
        except VenvInstallationFailed:
            # A mirror without uv, a mirror configured for pip only, or a home that uv can't write to.
            sys.stderr.write("          uv failed: installing the same with pip\n")
            _install_with_pip(lock)
        INSTALL_STAMP_FILE.write_text(f"{_hash_install_inputs()} {extras}\n")


def _install_lock_file_and_checkout(installer: list[str], lock: str) -> None:
    _run_install_process("installing into .venv", [*installer, *PIP_HASH_CHECK_OPTIONS, lock])
    _run_install_process("linking tenantry into it", [*installer, *EDITABLE_INSTALL_OPTIONS])


def _install_with_pip(lock: str) -> None:
    """Install the lock file with pip, after uv has failed. Raise `VenvInstallationFailed`, `InstallDiskFull`."""
    try:
        _install_lock_file_and_checkout(_pip_install_command(), lock)
    except InstallDiskFull:
        raise
    except VenvInstallationFailed as error:
        raise VenvInstallationFailed(f"{error}\n{UNREACHABLE_PACKAGES_ADVICE}") from None


def _pip_install_command() -> list[str]:
    """Return the first words of a pip install command that doesn't compile bytecode.

    This saves a third of the time: Python compiles at the first import.
    """
    quiet = "--disable-pip-version-check --no-input --progress-bar off --root-user-action ignore".split()
    return [str(VENV_PYTHON), "-m", "pip", "install", "--no-compile", *quiet]


def _uv_install_command() -> list[str]:
    return [str(VENV_PYTHON), "-m", "uv", "pip", "install", "--python", str(VENV_PYTHON)]


def _lock_file_of_extras(extras: str) -> str:
    """Return the shortest lock file with all of these extras. Raise `VenvInstallationFailed` for an unknown extra."""
    if unknown := set(extras.split(",")) - LOCK_FILES_BY_EXTRA.keys():
        raise VenvInstallationFailed(f"unknown extra {unknown.pop()}; the extras are {', '.join(LOCK_FILES_BY_EXTRA)}")
    return [file for extra, file in LOCK_FILES_BY_EXTRA.items() if extra in extras.split(",")][-1]


def _is_venv_usable() -> bool:
    """Return whether an existing environment has pip and a supported Python."""
    check = f"import pip, sys; sys.exit(not {SUPPORTED_PYTHON_EXPRESSION})"
    return VENV_PYTHON.exists() and subprocess.run([VENV_PYTHON, "-c", check], check=False).returncode == 0


def _create_venv() -> None:
    if subprocess.run([sys.executable, "-c", "import ensurepip"], check=False, stderr=subprocess.DEVNULL).returncode:
        raise VenvInstallationFailed(NO_ENSUREPIP_ADVICE)
    if not os.access(REPOSITORY_ROOT, os.W_OK):
        raise VenvInstallationFailed(f"{REPOSITORY_ROOT} isn't writable: clone it again as the user who runs it")
    version = ".".join(map(str, sys.version_info[:3]))
    _run_install_process(
        f"making .venv with Python {version}", [sys.executable, "-m", "venv", "--clear", str(VENV_FOLDER)]
    )


def _are_extras_installed(extras: str) -> bool:
    fingerprint, _, had = (INSTALL_STAMP_FILE.read_text().strip() if INSTALL_STAMP_FILE.exists() else "").partition(" ")
    return fingerprint == _hash_install_inputs() and set(extras.split(",")) <= set(had.split(","))


def _hash_install_inputs() -> str:
    """Return the SHA-256 of pyproject.toml, lock files and Python; after a change the installation runs again."""
    parts = [
        (REPOSITORY_ROOT / name).read_bytes() for name in ("pyproject.toml", UV_PIN_FILE, *LOCK_FILES_BY_EXTRA.values())
    ]
    return hashlib.sha256(b"\0".join([*parts, (VENV_FOLDER / "pyvenv.cfg").read_bytes()])).hexdigest()


def _run_install_process(what: str, command: list[str]) -> None:
    """Run an installer with a progress line. Raise `VenvInstallationFailed` with its last lines, `InstallDiskFull`."""
    progress = InstallProgress(what)
    with subprocess.Popen(
        command, cwd=REPOSITORY_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            reader = threading.Thread(target=progress.read_output, args=[process.stdout], daemon=True)
            reader.start()
            while process.poll() is None:
                progress.draw()
                time.sleep(INSTALL_PROGRESS_REDRAW_PAUSE_S)
            reader.join()
        finally:
            process.kill()
    if process.returncode:
        progress.end("failed")
        output = "\n".join([*progress.last, f"{what} failed (exit code {process.returncode})"])
        raise (
            InstallDiskFull(output)
            if any(word in output for word in PIP_DISK_FULL_MESSAGES)
            else VenvInstallationFailed(output)
        )
    progress.end("done")


def _disk_full_advice(extras: str) -> str:
    """Return an error text for a full disk: each folder's free space, and the space that `.venv` needs."""
    needed = max(VENV_DISK_SPACE_NEEDED_BY_EXTRA_MB.get(extra, 0) for extra in extras.split(","))
    folders = {"packages": VENV_FOLDER, "downloads": Path.home() / ".cache", "unpacking": Path(tempfile.gettempdir())}
    lines = [f"  {_free_disk_mb(folder):>7,} MB free for {what} in {folder}" for what, folder in folders.items()]
    return "\n".join(
        [
            f"The disk is full. .venv needs {needed:,} MB, and the cache of downloads as much again:",
            *lines,
            "Free space there, or use another disk: set UV_CACHE_DIR, PIP_CACHE_DIR and TMPDIR.",
        ]
    )


def _free_disk_mb(folder: Path) -> int:
    """Return the free megabytes of a folder's disk. For a missing folder, use its nearest existing parent."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(existing).free // 1_000_000


class InstallProgress:
    """Progress on stderr: one moving line on a terminal, else a line every few seconds."""

    def __init__(self, what: str) -> None:
        self.what = self.step = what
        self.last: deque[str] = deque(maxlen=20)
        self.began = time.monotonic()
        self.moving = sys.stderr.isatty()
        self.due = 0.0
        self.shown = ""

    def read_output(self, lines: Iterable[str]) -> None:
        for line in map(str.strip, lines):
            self.last.append(line)
            if line.startswith(PIP_PROGRESS_LINE_STARTS):
                self.step = line.split(" (from ")[0].split(": ")[0]

    def draw(self) -> None:
        if self.moving:
            width = shutil.get_terminal_size().columns - 1
            self._write(ANSI_CLEAR_LINE + f"{self._format_elapsed()}  {self.step}"[:width])
        elif time.monotonic() >= self.due and self.step != self.shown:
            self._write(f"{self._format_elapsed()}  {self.step}\n")
            self.due, self.shown = time.monotonic() + PLAIN_PROGRESS_LINE_PAUSE_S, self.step

    def end(self, how: str) -> None:
        """Replace the moving progress line of an installation step by the step's total time and its result `how`."""
        self._write(f"{ANSI_CLEAR_LINE if self.moving else ''}{self._format_elapsed()}  {self.what}: {how}\n")

    def _format_elapsed(self) -> str:
        return f"{time.monotonic() - self.began:6.1f} s"

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
