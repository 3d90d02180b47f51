"""A new platform is one package and one line in the registry."""

import os
import subprocess
import sys

import pytest

from tests.architecture.tree import ROOT

REGISTRATION = "tests.platforms.murmur.registration"


@pytest.mark.long
def test_a_made_up_platform_needs_one_package_and_one_line(servers: tuple[str, str]) -> None:
    """Run the walk in a process of its own, since the registry is read once, at the start."""
    walk = ROOT / "tests" / "api" / "accounts" / "murmur_walk.py"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", REGISTRATION, str(walk)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"DATABASE_URL": servers[0]}
    environment.pop("REDIS_URL", None)
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
