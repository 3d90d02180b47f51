"""`tenantry attack` on a platform: a minute of it lets nothing through."""

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
from tests.api.conftest import new_key
from tests.api.everything import one_of_each
from tests.api_process import serving
from tests.waiting import PATIENCE_S

pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]

#: More than any machine needs for a refusal: costs are measured here, and judged by benchmarks.
COST_LIMIT_MS = "30000"


async def test_a_minute_lets_nothing_through(settings: Settings, pool: Pool, tmp_path: Path) -> None:
    """Two organizations with one of each object; limits are a partner's, so that the minute is used."""
    keys = []
    for _ in range(2):
        async with pool.acquire() as conn:
            organization = await seeds.organization(conn)
        keys.append(await new_key(pool, organization))
    with serving(settings, tmp_path / "api.log") as served:
        for key in keys:
            headers = {"Authorization": f"Bearer {key}"}
            async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=PATIENCE_S) as client:
                await one_of_each(client, pool)
        command = [sys.executable, "-m", "cli", "attack", served.url, "--key", keys[0], "--key", keys[1]]
        limits = ["--seconds", "60", "--rate", "100", "--cost-limit-ms", COST_LIMIT_MS, "--json"]
        done = await asyncio.to_thread(
            subprocess.run, [*command, *limits], capture_output=True, text=True, check=False
        )
    report = json.loads(done.stdout)
    assert report["findings"] == [], done.stderr
    assert (done.returncode, report["passed"], report["organizations"]) == (0, True, 2)
    rows = {row["check"]: row for row in report["rows"]}
    assert all(rows[check]["judged"] > 0 for check in ("tenancy", "scopes", "costs")), report
