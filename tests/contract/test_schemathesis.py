"""OpenAPI document against a running API: no 5xx, and no undocumented response."""

import subprocess
from pathlib import Path

import pytest
import pytest_asyncio

from db.pool import Pool
from domain.tenancy import organizations
from schemas.settings import Settings
from tests.api.conftest import EVERYTHING, new_key
from tests.api_process import BIN, serving

CHECKER = (
    "schemathesis", "run", "--checks", "all", "--max-time", "12", "--max-examples", "10",
    # Hypothesis builds syntax trees in several threads, and Python 3.11 can't.
    "--workers", "1",
    "--seed", "1", "--no-shrink", "--no-color",
    # A schema-valid value may be refused: a time zone, a language or an address must exist.
    "--exclude-checks", "positive_data_acceptance",
    # These would revoke the checker's own key; tests/api/test_api_keys.py covers them.
    "--exclude-operation-id", "kill_api_key", "--exclude-operation-id", "rotate_api_key",
)  # fmt: skip


@pytest_asyncio.fixture
async def key(pool: Pool) -> str:
    async with pool.acquire() as conn:
        pair = await organizations.insert_organization_pair(conn, name="Contract", tier="partner")
    return await new_key(pool, pair.live, scopes=EVERYTHING)


@pytest.mark.long
def test_the_api_matches_its_openapi_document(settings: Settings, key: str, tmp_path: Path) -> None:
    with serving(settings, tmp_path / "api.log") as served:
        target = ("--header", f"Authorization:Bearer {key}", f"{served.url}/v1/openapi.json")
        command = [str(BIN / CHECKER[0]), *CHECKER[1:], *target]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    logged = (tmp_path / "api.log").read_text()
    assert '"level":"error"' not in logged
    assert key.split("_", 3)[3] not in logged
