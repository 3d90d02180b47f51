from uuid import UUID

import pytest

from db.pool import Conn
from jobs import ledger
from jobs.kinds import ARCHIVE_PROJECT
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused

pytestmark = pytest.mark.usefixtures("environment")


async def submit(conn: Conn) -> UUID:
    """A due job of the pool `default`."""
    org = await seeds.organization(conn)
    async with conn.transaction():
        submitted = await ledger.submit(
            conn, kind=ARCHIVE_PROJECT, organization_id=org, project_id=None, args={}
        )
    return submitted.job_id


async def test_a_list_tells_what_waits_and_what_runs(tenantry: Tenantry, conn: Conn) -> None:
    await submit(conn)
    pools = {pool["name"]: pool for pool in decoded(await tenantry("pools", "list", "--json"))["items"]}
    assert pools["default"]["queued"] == 1
    assert pools["default"]["desiredWorkers"] == 1
    assert pools["ingest"]["queued"] == 0


async def test_a_person_reads_a_line_each(tenantry: Tenantry) -> None:
    heading, *lines = (await tenantry("pools", "list")).stdout.splitlines()
    assert heading.split()[:3] == ["POOL", "STATE", "QUEUED"]
    assert ["default", "open", "0", "-"] in [line.split()[:4] for line in lines]


async def test_a_paused_pool_is_pulled_from_only_once_it_is_resumed(
    tenantry: Tenantry, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    job_id = await submit(conn)
    paused = await tenantry("pools", "pause", "default")
    assert paused.exit_code == 0
    assert "tenantry pools resume default" in paused.stderr
    assert await seeds.claims(conn, ARCHIVE_PROJECT) == []
    assert decoded(await tenantry("pools", "resume", "default", "--json"))["paused"] is False
    assert [claim.id for claim in await seeds.claims(conn, ARCHIVE_PROJECT)] == [job_id]


@pytest.mark.parametrize("verb", ["pause", "resume"])
async def test_an_unknown_pool_is_not_found(tenantry: Tenantry, verb: str) -> None:
    assert refused(await tenantry("pools", verb, "nope", "--json"), 3)["code"] == "NOT_FOUND"
