"""Bulk actions on jobs: counted first, run page by page, and reported by code."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from db.pool import use_unpooled_pg_connection
from tests.peers.chromium import BrowserTab
from tests.peers.console.actions import click_button
from tests.peers.console.checks import check_themes
from tests.peers.own_api import OwnApi, own_api

pytestmark = pytest.mark.peers

FAILED, ARCHIVED = 250, 3

#: Ingests of separate projects, some of them archived.
JOBS = """
with made as (
  insert into project (organization_id, id, name, timezone, primary_language, status, archived_at)
  select o.id,
         (lpad(to_hex((extract(epoch from now()) * 1000)::bigint), 12, '0')
          || '7' || left(md5(n::text), 3) || '8' || right(md5(n::text), 15))::uuid,
         'Shop ' || n, 'UTC', 'en', case when n <= $2 then 'archived' else 'active' end,
         case when n <= $2 then now() end
    from organization o
   cross join generate_series(1, $1::int) n
   where o.env = 'live'
  returning organization_id, id)
insert into job (organization_id, project_id, id, kind, pool, state, stage, attempt, max_attempts, args,
                 run_at, deadline_at, started_at, finished_at, error)
select organization_id, id, id, 'ingest_website', 'ingest', 'failed', 'failed', 1, 4,
       '{"url": "https://shop.example/", "follow_links": false, "max_pages": 1}', now(), now(), now(), now(),
       '{"code": "SITE_TIMEOUT", "message": "it was too slow", "retryable": true}'
  from made
"""
UNCLEAR = """
insert into job (organization_id, project_id, id, kind, pool, state, stage, attempt, max_attempts, args,
                 run_at, deadline_at, started_at, finished_at, error)
select organization_id, id, (left(id::text, 24) || 'ffffffffffff')::uuid, 'publish_post', 'publish', 'failed',
       'failed', 1, 8, '{}', now(), now(), now(), now(),
       '{"code": "OUTCOME_UNKNOWN", "message": "the answer was lost", "retryable": false}'
  from project
 limit 1
returning id
"""
HEADING = "document.querySelector('dialog[open] h2')?.innerText"
TOLD = "document.querySelector('dialog[open] p[role=status]')?.innerText"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnApi]:
    with own_api(tmp_path_factory.mktemp("console")) as made:
        asyncio.run(asked(made, JOBS, FAILED, ARCHIVED))
        yield made


async def asked(api: OwnApi, statement: str, *values: Any) -> Any:
    async with use_unpooled_pg_connection(api.database_url, name="test") as conn:
        return await conn.fetchval(statement, *values)


def test_bulk_retry_retries_failed_jobs_and_counts_skipped(api: OwnApi, page: BrowserTab) -> None:
    api.open(page, "jobs?phase=failed&errorCode=SITE_TIMEOUT", "document.querySelectorAll('main tbody tr')[20]")
    click_button(page, "Retry all matching jobs")
    page.until(f"{HEADING} == 'Retry 250 jobs?'")
    check_themes(page)
    click_button(page, "Retry 250 jobs")
    page.until(f"{TOLD}?.includes('retried')")
    assert page.run(TOLD) == "247 jobs retried."
    skipped = page.run("document.querySelector('dialog[open] tbody').innerText")
    assert skipped.split() == ["PROJECT_ARCHIVED", "3"]
    check_themes(page)
    click_button(page, "Close")
    retried = "select count(distinct retry_of) = 247 and count(*) = 247 from job where retry_of is not null"
    assert asyncio.run(asked(api, retried))
    click_button(page, "Retry all matching jobs")
    page.until(f"{HEADING} == 'Retry 3 jobs?'")
    click_button(page, "Cancel")
    api.open(page, "jobs?phase=queued", "document.querySelector('main tbody tr')")
    click_button(page, "Cancel all matching jobs")
    page.until(f"{HEADING} == 'Cancel 247 jobs?'")
    click_button(page, "Cancel 247 jobs")
    page.until(f"{TOLD} == '247 jobs canceled or stopping.'")


def test_job_with_unknown_outcome_is_not_retried(api: OwnApi, page: BrowserTab) -> None:
    job_id = asyncio.run(asked(api, UNCLEAR))
    api.open(page, f"jobs/job_{job_id}", "document.querySelector('main section.failed a')")
    assert "The post may be live" in page.run("document.querySelector('main section.failed').innerText")
    buttons = page.run("[...document.querySelectorAll('main button')].map((one) => one.innerText)")
    assert "Retry job" not in buttons
    page.run("document.querySelector('main section.failed a').click()")
    page.until("location.hash == '#/posts?status=outcome_unknown'")
    assert page.troubles == []
