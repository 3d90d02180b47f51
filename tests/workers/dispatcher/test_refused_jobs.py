"""A chore continues after a job that the ledger refuses, and so does the dispatcher."""

from typing import Any
from uuid import UUID

import pytest_asyncio

from db.pool import Conn
from domain.accounts import credentials
from domain.collection import cadence, collection_runs
from domain.events import conversion_lines
from domain.events.conversions import AppConversionQueue
from jobs import ledger
from schemas import ids
from tests import seeds
from tests.domain.project import Project
from tests.statements import counted

KEY = "select unique_key from job where unique_key is not null"


@pytest_asyncio.fixture
async def project(conn: Conn) -> Project:
    org = await seeds.organization(conn)
    return Project(org, await seeds.project(conn, org))


async def refuse(conn: Conn, *keys: str) -> None:
    """Give no job of these keys a row, as if another job held the key at each attempt."""
    refused = f"new.unique_key = any('{{{', '.join(keys)}}}')"
    await conn.execute(
        f"""create function refuse() returns trigger language plpgsql
            as $$ begin if {refused} then return null; end if; return new; end $$"""
    )
    await conn.execute("create trigger refuse before insert on job for each row execute function refuse()")


async def keys(conn: Conn) -> set[str]:
    return {row["unique_key"] for row in await conn.fetch(KEY)}


async def accounts(conn: Conn, project: Project) -> list[UUID]:
    """Add three accounts with due metrics and due token refreshes."""
    found = [await seeds.account(conn, project.org, project.id, handle=f"shop{n}") for n in range(3)]
    await conn.execute("update account_credential set refresh_at = now(), rotated_at = now() - interval '2 days'")
    return found


async def test_a_refused_collection_or_refresh_blocks_no_other(conn: Conn, project: Project) -> None:
    """The account's collection is due again soon. All but the refused jobs are submitted in one statement."""
    refused, *others = await accounts(conn, project)
    await refuse(conn, f"collect:{refused}", f"refresh:{refused}")
    assert await credentials.submit_due_token_refreshes(conn) == 3
    assert await keys(conn) == {f"refresh:{one}" for one in others}
    with counted() as statements:
        assert await collection_runs.submit_due_metric_collections(conn) == 3
    alone = ledger.MAX_UNIQUE_SUBMIT_ATTEMPTS
    assert (statements["submit_jobs_of_tenants"], statements["submit_job"]) == (1, alone)
    assert await keys(conn) == {f"{kind}:{one}" for kind in ("refresh", "collect") for one in others}
    soon = "select collect_at < now() + $2 * interval '1 second' from social_account where id = $1"
    recheck_s = cadence.INCOMPLETE_COLLECTION_RESUME_S
    assert [await conn.fetchval(soon, one, recheck_s) for one in (refused, *others)] == [True, False, False]


async def lines(conn: Conn, project: Project) -> dict[str, AppConversionQueue]:
    """Return the lines of three apps, by the keys of their jobs."""
    found: dict[str, AppConversionQueue] = {}
    for number in range(3):
        fields: dict[str, Any] = {"web_domain": f"shop{number}.example"}
        app = ids.parse_prefixed_id(
            ids.SDK_APP_ID_PREFIX, (await seeds.app(conn, project.org, project.id, **fields)).app_id
        )
        app_no = await conn.fetchval("select app_no from sdk_app where id = $1", app)
        found[f"relay:{app}:meta"] = AppConversionQueue(project.id, app_no, "meta")
    return found


async def test_a_line_with_a_refused_job_blocks_no_other(conn: Conn, project: Project) -> None:
    found = await lines(conn, project)
    refused, *others = found
    await refuse(conn, refused)
    with counted() as statements:
        await conversion_lines.submit_relay_jobs_of_conversion_queues(conn, lines=[*found.values()])
    assert (statements["submit_jobs_of_tenants"], statements["submit_job"]) == (1, 0)
    assert await keys(conn) == {*others}


async def test_lines_of_a_purged_project_get_no_job(conn: Conn, project: Project) -> None:
    """Otherwise jobs would repeatedly scan rows under deletion."""
    found = await lines(conn, project)
    await conn.execute("update project set status = 'archived', archived_at = now(), purging_at = now()")
    assert await conversion_lines.submit_relay_jobs_of_conversion_queues(conn, lines=[*found.values()]) == 0
    assert await keys(conn) == set()
