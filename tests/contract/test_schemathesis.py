"""The document against what really answers: no 5xx, and nothing that the document doesn't describe."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from db.pool import Pool
from db.server import free_port
from domain import organizations
from schemas.settings import Settings
from tests.api.conftest import EVERYTHING, new_key
from tests.waiting import until

BIN = Path(sys.executable).parent

SERVER = ("granian", "--interface", "asgi", "--runtime-mode", "st", "--factory", "api.app:create_app")

CHECKER = (
    "schemathesis", "run", "--checks", "all", "--max-time", "12", "--max-examples", "10",
    # Python 3.11 can't build syntax trees in two threads at once, which is what Hypothesis does.
    "--workers", "1",
    "--seed", "1", "--no-shrink", "--no-color",
    # A good value may be refused all the same: a time zone must exist, a language, an address.
    "--exclude-checks", "positive_data_acceptance",
    # With these a checker ends its own key; tests/api/test_keys.py has them.
    "--exclude-operation-id", "kill_api_key", "--exclude-operation-id", "rotate_api_key",
)  # fmt: skip


@contextlib.contextmanager
def serving(settings: Settings, log: Path) -> Iterator[str]:
    """The API in a process of its own, as the Procfile runs it; its URL."""
    port = free_port()
    own = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PEPPERS": settings.peppers,
        "VAULT_KEYS": settings.vault_keys,
    }
    command = [str(BIN / SERVER[0]), *SERVER[1:], "--host", "127.0.0.1", "--port", str(port)]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env={**os.environ, **own}, stdout=output, stderr=output) as server,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            until(lambda: _answers(url))
            yield url
        finally:
            server.terminate()
            server.wait(20)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


@pytest_asyncio.fixture
async def key(pool: Pool) -> str:
    async with pool.acquire() as conn:
        pair = await organizations.create(conn, name="Contract", tier="partner")
    return await new_key(pool, pair.live, scopes=EVERYTHING)


@pytest.mark.timeout(120)
def test_the_document_holds(settings: Settings, key: str, tmp_path: Path) -> None:
    with serving(settings, tmp_path / "api.log") as url:
        target = ("--header", f"Authorization:Bearer {key}", f"{url}/v1/openapi.json")
        command = [str(BIN / CHECKER[0]), *CHECKER[1:], *target]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    logged = (tmp_path / "api.log").read_text()
    assert '"level":"error"' not in logged
    assert key.split("_", 3)[3] not in logged
