"""`tenantry attack` on a full platform: a minute of it finds nothing."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from db.pool import Pool
from schemas.settings import Settings
from tests import seeds
from tests.api.all_objects import create_one_of_each
from tests.api.conftest import new_key
from tests.api_process import serving
from tests.waiting import PATIENCE_S

pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]

#: Higher than any refusal on a slow machine: benchmarks judge costs.
COST_LIMIT_MS = "30000"


async def test_attack_of_a_minute_has_no_finding(settings: Settings, pool: Pool, tmp_path: Path) -> None:
    """Attack two organizations that have one of each object, with a partner's rate limits."""
    keys = []
    for _ in range(2):
        async with pool.acquire() as conn:
            organization = await seeds.organization(conn)
        keys.append(await new_key(pool, organization))
    with serving(settings, tmp_path / "api.log") as served:
        for key in keys:
            headers = {"Authorization": f"Bearer {key}"}
            async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=PATIENCE_S) as client:
                await create_one_of_each(client, pool)
        command = [sys.executable, "-m", "cli", "attack", served.url, "--key", keys[0], "--key", keys[1]]
        limits = ["--seconds", "60", "--rate", "100", "--cost-limit-ms", COST_LIMIT_MS, "--json"]
        result = await asyncio.to_thread(
            subprocess.run, [*command, *limits], capture_output=True, text=True, check=False
        )
    report = json.loads(result.stdout)
    assert report["findings"] == [], result.stderr
    assert (result.returncode, report["passed"], report["organizations"]) == (0, True, 2)
    rows = {row["check"]: row for row in report["rows"]}
    assert all(rows[check]["judged"] > 0 for check in ("tenancy", "scopes", "costs")), report
