"""Lock files of bin/up: one version of each package for each Python, with the hashes of its files."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cli.local.install import LOCK_FILES_BY_EXTRA, UV_PIN_FILE

ROOT = Path(__file__).resolve().parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYTHONS = ("3.11.2", "3.11.9", "3.12.0", "3.13.0")


class Pin(NamedTuple):
    requirement: Requirement
    hashes: list[str]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)


def pins(file: str) -> Iterator[Pin]:
    text = (ROOT / file).read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if not line.startswith("#"):
            requirement, *hashes = line.split(" --hash=")
            yield Pin(Requirement(requirement.strip()), [file_hash.strip() for file_hash in hashes])


def environment(python: str) -> dict[str, str]:
    return {
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }


def requirements(file: str) -> list[Requirement]:
    if file == UV_PIN_FILE:
        return [Requirement(one) for one in PROJECT["dependency-groups"]["installer"]]
    extras = [*LOCK_FILES_BY_EXTRA][: [*LOCK_FILES_BY_EXTRA.values()].index(file) + 1]
    named = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    named += [one for extra in extras for one in PROJECT["project"]["optional-dependencies"][extra]]
    return [Requirement(one) for one in named]


@pytest.mark.parametrize("file", [UV_PIN_FILE, *LOCK_FILES_BY_EXTRA.values()])
def test_each_version_is_exact_and_has_the_hashes_of_its_files(file: str) -> None:
    locked = [*pins(file)]
    assert locked
    for pin in locked:
        [exact] = pin.requirement.specifier
        assert (exact.operator, "*" in exact.version) == ("==", False), pin.name
        assert pin.hashes, pin.name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", file_hash) for file_hash in pin.hashes), pin.name


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("file", [UV_PIN_FILE, *LOCK_FILES_BY_EXTRA.values()])
def test_each_python_has_one_version_of_every_requirement(file: str, python: str) -> None:
    markers = environment(python)
    apply = [pin for pin in pins(file) if pin.requirement.marker is None or pin.requirement.marker.evaluate(markers)]
    assert len({pin.name for pin in apply}) == len(apply)
    versions = {pin.name: next(iter(pin.requirement.specifier)).version for pin in apply}
    for requirement in requirements(file):
        if requirement.marker is None or requirement.marker.evaluate(markers):
            assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), (
                f"{requirement}: run bin/lock"
            )


def test_the_lock_files_agree() -> None:
    """Compare versions and hashes; the Python markers may differ by the other packages."""
    largest = {(pin.name, pin.requirement.specifier): pin.hashes for pin in pins([*LOCK_FILES_BY_EXTRA.values()][-1])}
    for file in LOCK_FILES_BY_EXTRA.values():
        for pin in pins(file):
            assert largest[pin.name, pin.requirement.specifier] == pin.hashes
