"""A website's ingest with a language model, from the job to the brand that the partner sees."""

from uuid import UUID

import asyncpg
import msgspec
import pytest

from db.pool import transact
from domain.brand import ingests
from domain.projects import projects
from jobs.kinds import INGEST_WEBSITE
from schemas.brand import BrandContext
from tests import seeds
from tests.workers.ingest.llm import endpoint as llm
from tests.workers.runtime.workers import Workers
from tests.workers.web.web import say, serve
from workers.tasks import open_tasks

PAGE = "<html lang=en><title>Acme</title><body><main>" + "".join(
    f"<p>{passage.text}</p>" for passage in llm.PASSAGES
)


async def ingested(workers: Workers, *answers: bytes) -> tuple[asyncpg.Record, BrandContext]:
    """The job's row and the brand, where the model answers so."""
    async with workers.pool.acquire() as conn:
        project_id = await seeds.project(conn, workers.org)
    async with serve({"/": say(body=PAGE)}) as site, llm.serve(*answers) as model:
        settings = msgspec.structs.replace(
            workers.settings,
            fetch_allow=site.host,
            llm_base_url=model.url,
            llm_api_key=llm.KEY,
            llm_model="m",
        )
        async with (
            open_tasks(settings, "ingest") as tasks,
            workers.working(tasks[INGEST_WEBSITE], kind=INGEST_WEBSITE),
        ):
            row = await workers.ended(await start(workers, project_id, site.url()))
    async with workers.pool.acquire() as conn:
        project, _ = await projects.get(conn, organization_id=workers.org, project_id=project_id)
    assert project.brand_context is not None
    return row, project.brand_context


async def start(workers: Workers, project_id: UUID, url: str) -> UUID:
    submitted = await transact(
        workers.pool,
        lambda conn: ingests.start_website(
            conn, organization_id=workers.org, project_id=project_id, url=url, follow_links=False, max_pages=1
        ),
    )
    return submitted.job_id


async def test_what_a_model_says_is_shown_with_its_quotes(workers: Workers) -> None:
    row, brand = await ingested(workers, llm.completion(llm.GOOD))
    assert row["result"]["warnings"] == []
    assert brand.audience == "Freelance designers."
    assert brand.app_name == "Acme"
    provenance = brand.provenance["audience"]
    assert (provenance.rule, provenance.evidence) == ("llm", ["Built for freelance designers"])


@pytest.mark.parametrize("answer", [say(503), llm.completion(None, refusal="no")])
async def test_a_model_that_fails_fails_no_job(workers: Workers, answer: bytes) -> None:
    row, brand = await ingested(workers, answer)
    assert (row["state"], row["attempt"]) == ("completed", 1)
    (warning,) = row["result"]["warnings"]
    assert warning.startswith("llm_")
    assert llm.KEY not in str(dict(row))
    assert all(provenance.rule != "llm" for provenance in brand.provenance.values())
