"""Procfile: the command in docs/howto/operate.md starts its processes, and they stay up."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from db.server import find_free_port
from schemas.settings import Settings
from tests import servers
from tests.deploy.forms import procfile
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.timing

ROOT = Path(__file__).parents[2]
COMMAND = re.compile(r"^(\.venv/bin/honcho run .* && \.venv/bin/honcho start .*)$", re.MULTILINE)


def test_the_documented_command_starts_all_processes(settings: Settings, tmp_path: Path) -> None:
    [command] = COMMAND.findall((ROOT / "docs" / "howto" / "operate.md").read_text("utf-8"))
    port, log = find_free_port(), tmp_path / "log"
    environment = os.environ | servers.environment(settings) | {"PORT": str(port), "HEALTH_PORT": "0"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", command], cwd=ROOT, env=environment, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        until(lambda: serves(process, port, log))
        assert process.poll() is None, log.read_text()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE_S)


def serves(process: "subprocess.Popen[bytes]", port: int, log: Path) -> bool:
    """Return whether the API is ready, and each pool and the dispatcher serve."""
    log_text = log.read_text()
    assert process.poll() is None, log_text
    names = procfile().keys() - {"release", "web"}
    if not all(re.search(rf"{name}\.1.*serving health", log_text) for name in names):
        return False
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").is_success
    except httpx.TransportError:
        return False
