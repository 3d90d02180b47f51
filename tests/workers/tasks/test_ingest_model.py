"""A website's ingest with a language model, from the job to the brand in the API."""

import asyncpg
import pytest

from jobs.kinds import INGEST_WEBSITE_KIND
from schemas.brand import BrandContext
from tests.workers.ingest.llm import endpoint as llm
from tests.workers.tasks.project import IngestProject
from tests.workers.web.web import raw_response, serve

PAGE = "<html lang=en><title>Acme</title><body><main>" + "".join(f"<p>{passage.text}</p>" for passage in llm.PASSAGES)


async def ingested(project: IngestProject, *answers: bytes) -> tuple[asyncpg.Record, BrandContext]:
    """Run an ingest with the model's responses; return the job's row and the brand."""
    async with (
        serve({"/": raw_response(body=PAGE)}) as site,
        llm.serve(*answers) as model,
        project.at_work(
            INGEST_WEBSITE_KIND, fetch_allow=site.host, llm_base_url=model.url, llm_api_key=llm.KEY, llm_model="m"
        ),
    ):
        row = await project.ingested(INGEST_WEBSITE_KIND, url=site.url(), follow_links=False, max_pages=1)
    return row, await project.brand()


async def test_model_values_are_shown_with_their_quotes(project: IngestProject) -> None:
    row, brand = await ingested(project, llm.completion(llm.GOOD))
    assert row["result"]["warnings"] == []
    assert brand.audience == "Freelance designers."
    assert brand.app_name == "Acme"
    provenance = brand.provenance["audience"]
    assert (provenance.rule, provenance.evidence) == ("llm", ["Built for freelance designers"])


@pytest.mark.parametrize("answer", [raw_response(503), llm.completion(None, refusal="no")])
async def test_a_model_that_fails_fails_no_job(project: IngestProject, answer: bytes) -> None:
    row, brand = await ingested(project, answer)
    assert (row["state"], row["attempt"]) == ("completed", 1)
    (warning,) = row["result"]["warnings"]
    assert warning.startswith("llm_")
    assert llm.KEY not in str(dict(row))
    assert all(provenance.rule != "llm" for provenance in brand.provenance.values())
