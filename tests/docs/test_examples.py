"""Every `sh` block of the pages that have some, pasted into a shell beside a running platform."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.local import demo

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HOWTO = ROOT / "docs" / "howto"
#: The pages, and what each has to come to.
PAGES = {
    ROOT / "README.md": '"Tidewise"',
    ROOT / "docs" / "quickstart.md": '"Tidewise"',
    HOWTO / "ingest.md": '"Tidewise"',
    HOWTO / "publish.md": '"canceledScheduledPosts":1',
    HOWTO / "lease-accounts.md": '"disconnectedReason":"released"',
}

pytestmark = [pytest.mark.first, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The current folder of both terminals."""
    return tmp_path_factory.mktemp("pasted")


@pytest.fixture(scope="module")
def shell(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a person's second terminal, with what the first one printed."""
    with demo.site() as host:
        # The tests' own servers are not this person's.
        mine = {
            name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "up", "--port", "0", "--json"],
            cwd=folder, env=mine | {demo.ALLOW: host}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        said, complaint = "", ""
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            ready = json.loads(said)
            yield mine | {
                "API": f"{ready['api']}/v1",
                "KEY": ready["apiKey"],
                "SITE": f"http://{host}/",
                "PATH": f"{Path(sys.executable).parent}:{mine['PATH']}",
                "no_proxy": "127.0.0.1",
            }
        finally:
            process.send_signal(signal.SIGTERM)
            _, complaint = process.communicate(timeout=60)
            assert said, complaint


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_pasted_works(page: Path, shell: dict[str, str], folder: Path) -> None:
    script = "set -eu\n" + "".join(BLOCK.findall(page.read_text("utf-8")))
    done = subprocess.run(
        ["bash"], input=script, cwd=folder, env=shell, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert PAGES[page] in done.stdout
    assert '"error":{' not in done.stdout
    assert '"status":"failed"' not in done.stdout
