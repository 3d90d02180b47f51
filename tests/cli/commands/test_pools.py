from functools import partial
from uuid import UUID

import pytest
from click.testing import Result

from db.pool import Conn
from jobs import ledger
from jobs.kinds import ARCHIVE_PROJECT_KIND
from schemas import ids
from schemas.errors import LimitReached
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused

pytestmark = pytest.mark.usefixtures("environment")


async def submit(conn: Conn) -> UUID:
    """Submit a due job of the pool `default`."""
    org = await seeds.organization(conn)
    async with conn.transaction():
        submitted = await ledger.submit_job(
            conn, kind=ARCHIVE_PROJECT_KIND, organization_id=org, project_id=None, args={}
        )
    return submitted.job_id


async def test_the_list_counts_waiting_and_desired(tenantry: Tenantry, conn: Conn) -> None:
    await submit(conn)
    pools = {pool["name"]: pool for pool in decoded(await tenantry("pools", "list", "--json"))["items"]}
    assert pools["default"]["queued"] == 1
    assert pools["default"]["desiredWorkers"] == 1
    assert pools["ingest"]["queued"] == 0


async def test_a_paused_pool_is_pulled_from_only_once_it_is_resumed(
    tenantry: Tenantry, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    job_id = await submit(conn)
    paused = await tenantry("pools", "pause", "default")
    assert paused.exit_code == 0
    assert "tenantry pools resume default" in paused.stderr
    assert await seeds.claims(conn, ARCHIVE_PROJECT_KIND) == []
    assert decoded(await tenantry("pools", "resume", "default", "--json"))["paused"] is False
    assert [claim.id for claim in await seeds.claims(conn, ARCHIVE_PROJECT_KIND)] == [job_id]


async def test_pause_and_resume_are_audited_for_operators_with_the_person(
    tenantry: Tenantry, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "ada")
    operators = decoded(await tenantry("org", "create", "Operators", "--json"))["id"]
    await tenantry("keys", "create", "console", "--org", operators, "--scope", "ops:write")
    await seeds.organization(conn)
    await tenantry("pools", "pause", "default")
    await tenantry("pools", "resume", "default")
    entries = await conn.fetch("select * from audit_log where action like 'pool.%' order by created_at")
    assert [(entry["action"], entry["subject"]) for entry in entries] == [
        ("pool.paused", "default"),
        ("pool.resumed", "default"),
    ]
    assert {entry["organization_id"] for entry in entries} == {
        ids.parse_prefixed_id(ids.ORGANIZATION_ID_PREFIX, operators)
    }
    assert {(entry["api_key_id"], entry["details"]["by"], entry["details"]["user"]) for entry in entries} == {
        (None, "command line", "ada")
    }


async def test_an_unaudited_action_warns(tenantry: Tenantry, conn: Conn) -> None:
    for verb in ("pause", "resume", "pause"):
        result = await tenantry("pools", verb, "default")
        assert (result.exit_code, "Not audited" in result.stderr) == (0, True)
    assert await conn.fetchval("select count(*) from audit_log where action like 'pool.%'") == 0
    operators = decoded(await tenantry("org", "create", "Operators", "--json"))["id"]
    await tenantry("keys", "create", "console", "--org", operators, "--scope", "ops:write")
    assert "Not audited" not in (await tenantry("pools", "resume", "default")).stderr
    assert await conn.fetchval("select count(*) from audit_log where action like 'pool.%'") == 1


async def test_an_unknown_pool_is_not_found(tenantry: Tenantry) -> None:
    answers = [await tenantry("pools", verb, "nope", "--json") for verb in ("pause", "resume")]
    for answer in (*answers, await cap(tenantry, "nope", 1)):
        assert refused(answer, 3)["code"] == "NOT_FOUND"


async def cap(tenantry: Tenantry, name: str, running: int) -> Result:
    words = ("--tier", "partner", "--running", str(running), "--queued", "2", "--json")
    return await tenantry("pools", "cap", name, *words)


async def test_a_cap_applies_to_the_next_pull_and_submit(tenantry: Tenantry, conn: Conn) -> None:
    org = await seeds.organization(conn)
    submitting = partial(ledger.submit_jobs, conn, kind=ARCHIVE_PROJECT_KIND, organization_id=org, project_id=None)
    await submitting(args=[{}] * 2, run_ats=[None] * 2)
    await cap(tenantry, "default", 5)
    answer = decoded(await cap(tenantry, "default", 1))
    assert answer["items"] == [{"tier": "partner", "maxRunning": 1, "maxQueued": 2}]
    with pytest.raises(LimitReached):
        await submitting(args=[{}], run_ats=[None])
    assert len(await seeds.claims(conn, ARCHIVE_PROJECT_KIND)) == 1
