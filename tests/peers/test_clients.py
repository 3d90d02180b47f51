"""Clients of third-party generators from our OpenAPI document, with a partner's program on each."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from db.pool import Pool
from domain.tenancy import organizations
from schemas.settings import Settings
from tests.api.conftest import built_app, new_key
from tests.api_process import BIN, serving
from tests.media import picture
from tests.peers import node, pypi
from tests.peers.processes import working

pytestmark = pytest.mark.peers

PROGRAMS = Path(__file__).with_name("clients")


class RunningPlatform(NamedTuple):
    """A running API with workers, sandbox keys of two partners, and an image to upload."""

    url: str
    keys: list[str]
    picture: Path

    def arguments(self, partner: int) -> list[str | Path]:
        """Return the arguments of a partner's program."""
        return [self.url, self.keys[partner], self.picture]


@pytest_asyncio.fixture
async def keys(pool: Pool) -> list[str]:
    async with pool.acquire() as conn:
        pairs = [
            await organizations.insert_organization_pair(conn, name=name, tier="partner") for name in ("One", "Two")
        ]
    return [await new_key(pool, pair.sandbox, env="test") for pair in pairs]


@pytest.fixture
def platform(settings: Settings, keys: list[str], tmp_path: Path) -> Iterator[RunningPlatform]:
    (path := tmp_path / "harbour.png").write_bytes(picture())
    with serving(settings, tmp_path / "api.log") as served, working(settings, "ingest"), working(settings, "publish"):
        yield RunningPlatform(served.url, keys, path)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    (path := tmp_path / "openapi.json").write_bytes(built_app().state.openapi)
    return path


def run(words: Sequence[str | Path], cwd: Path, **environment: str) -> str:
    """Run a program and return its output, errors included."""
    path = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(cwd), "NO_COLOR": "1"}
    result = subprocess.run(
        [str(word) for word in words], cwd=cwd, env=path | environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    return result.stdout


def test_two_clients_are_generated_checked_and_used(document: Path, platform: RunningPlatform, tmp_path: Path) -> None:
    """Covers openapi-python-client, and openapi-typescript with openapi-fetch."""
    use_python_client(document, platform, tmp_path / "python")
    use_typescript_client(document, platform, tmp_path / "typescript")


def use_python_client(document: Path, platform: RunningPlatform, folder: Path) -> None:
    program = pypi.install("openapi_client")
    python = program.with_name("python")
    said = run([program, "generate", "--path", document, "--output-path", folder], folder.parent)
    assert said.strip() == f"Generating {folder}"  # No warning is printed.
    script = Path(shutil.copy(PROGRAMS / "drive.py", folder))
    checking = (sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python))
    run([*checking, "tenantry_client", script.name], folder)
    assert run([python, script, *platform.arguments(0)], folder, PYTHONPATH=str(folder)) == "published\n"


def use_typescript_client(document: Path, platform: RunningPlatform, folder: Path) -> None:
    modules = node.install()
    shutil.copytree(PROGRAMS, folder)
    (folder / "node_modules").symlink_to(modules)
    (folder / "package.json").write_text('{"type": "module"}')
    generator = modules / "openapi-typescript" / "bin" / "cli.js"
    said = run([node.command(), generator, document, "-o", folder / "schema.d.ts"], folder)
    assert "warn" not in said.lower(), said
    run([node.command(), modules / "typescript" / "bin" / "tsc", "--project", "."], folder)
    assert run([node.command(), folder / "built" / "drive.js", *platform.arguments(1)], folder) == "published\n"
