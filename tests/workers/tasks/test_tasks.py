"""The product's own job kinds, from submit to the end of their subjects."""

import asyncio
import subprocess
import sys
from importlib import import_module
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec
import pytest

from cli.local import demo
from domain.brand.store_listings import GooglePlayListingReference
from jobs.kinds import INGEST_APPSTORE_KIND, INGEST_GITHUB_KIND, INGEST_WEBSITE_KIND, JOB_KINDS, JobKindSpec
from jobs.outcomes import Failed, Retry, Snooze
from schemas.errors import SourceError, SourceRateLimited
from schemas.projects import IngestState
from schemas.settings import Settings
from tests.media import picture
from tests.waiting import PATIENCE_S
from tests.workers.tasks.project import IngestProject
from tests.workers.web.web import raw_response, serve
from workers.ingest import perform
from workers.runtime.context import TaskContext
from workers.tasks import SORTED_WORKER_POOL_NAMES, TASK_OPENER_BY_KIND, open_pool_tasks

FOLDER = Path(__file__).parents[3] / "workers" / "tasks"
PAGE: dict[str, Any] = {"follow_links": False, "max_pages": 1}
ITS_APP = GooglePlayListingReference(package="com.acme.planner")


async def ingest(project: IngestProject, url: str) -> asyncpg.Record:
    """Run an ingest; return its job's row, once a worker has ended it."""
    origin = urlsplit(url).netloc if url.startswith("http:") else ""
    async with project.at_work(INGEST_WEBSITE_KIND, fetch_allow=origin):
        return await project.ingested(INGEST_WEBSITE_KIND, url=url, **PAGE)


async def state(project: IngestProject) -> IngestState:
    found = (await project.shown()).ingest_state.website
    assert found is not None
    return found


async def test_a_second_ingest_of_a_site_that_has_not_changed_writes_nothing(project: IngestProject) -> None:
    stored = "select fields, media, url, job_id, visit from brand_source where project_id = $1"
    page = '<title>Zap — Draw what you say</title><meta property="og:image" content="/preview.png">'
    preview = raw_response(body=picture(size=(1200, 630)), content_type="image/png")
    async with serve({"/": raw_response(body=page, etag='"1"'), "/preview.png": preview}) as site:
        first = await ingest(project, site.url())
        before = await project.workers.pool.fetchrow(stored, project.id)
        assert before is not None
        site.answers = {"/": raw_response(304)}
        second = await ingest(project, site.url())
    assert [warning.partition(":")[0] for warning in second["result"]["warnings"]] == ["unchanged"]
    assert second["result"]["changed"] == []
    assert second["result"]["media"] == first["result"]["media"] == before["media"]
    assert [one["width"] for one in before["media"]] == [1200]
    assert second["result"]["fields"] == first["result"]["fields"] != []
    assert await project.workers.pool.fetchrow(stored, project.id) == before


async def test_an_unfetchable_page_fails_with_its_code(project: IngestProject) -> None:
    row = await ingest(project, "https://127.0.0.1/")
    assert (row["state"], row["error"]["code"], row["attempt"]) == ("failed", "FETCH_BLOCKED", 1)
    shown = await state(project)
    assert shown.status == "failed"
    assert shown.error is not None
    assert shown.error.code == "FETCH_BLOCKED"


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        (INGEST_GITHUB_KIND, {"repo": "acme/zap", "branch": None}),
        (INGEST_APPSTORE_KIND, {"listings": [msgspec.to_builtins(ITS_APP)], "country_code": "us"}),
    ],
)
async def test_a_sandbox_reads_fakes(sandbox: IngestProject, kind: JobKindSpec, args: dict[str, Any]) -> None:
    """Those of websites are in `tests/fundamentals/test_07_brand.py`."""
    upstreams = ("github_api_url", "itunes_api_url", "app_store_url", "play_url")
    async with sandbox.at_work(kind, **dict.fromkeys(upstreams, "http://127.0.0.1:1")):
        row = await sandbox.ingested(kind, **args)
    assert row["error"] is None
    assert (await sandbox.brand()).app_name


async def test_an_ingest_of_a_project_archived_meanwhile_ends_canceled(project: IngestProject) -> None:
    reading, archived = asyncio.Event(), asyncio.Event()

    async def task(ctx: TaskContext) -> Any:
        reading.set()
        await archived.wait()
        return await tasks[INGEST_WEBSITE_KIND](ctx)

    workers = project.workers
    with demo.serve_demo_site() as host:
        settings = msgspec.structs.replace(workers.settings, fetch_allow=host)
        async with open_pool_tasks(settings, "ingest") as tasks, workers.working(task, kind=INGEST_WEBSITE_KIND):
            job_id = await project.start(INGEST_WEBSITE_KIND, url=f"http://{host}/", **PAGE)
            await asyncio.wait_for(reading.wait(), PATIENCE_S)
            await project.archive()
            archived.set()
            row = await workers.ended(job_id)
    assert row["state"] == "canceled"
    assert (await state(project)).status == "canceled"


def test_every_kind_has_exactly_one_task_file() -> None:
    assert {kind.name for kind in TASK_OPENER_BY_KIND} == {path.stem for path in FOLDER.glob("[a-z]*.py")}
    for kind in TASK_OPENER_BY_KIND:
        assert iscoroutinefunction(import_module(f"workers.tasks.{kind.name}").build_job_task_with_resources)
    assert {kind.pool for kind in JOB_KINDS.values()} == set(SORTED_WORKER_POOL_NAMES)


def test_a_worker_loads_the_tasks_of_its_pool_alone(settings: Settings) -> None:
    """In a process of its own, since this one has loaded them all."""
    script = f"""if True:
        import asyncio, sys
        from schemas.settings import Settings
        from workers.tasks import open_pool_tasks

        async def main() -> None:
            async with open_pool_tasks({settings!r}, "deliver"):
                print(*(name for name in sys.modules if name.startswith("workers.tasks.")))

        asyncio.run(main())"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["workers.tasks.deliver_webhook"]


def test_a_refusal_keeps_its_code_and_a_timed_one_costs_no_attempt() -> None:
    again = perform.build_job_outcome_of_source_error(SourceError("wait", retryable=True, retry_after=30))
    assert again == Retry("SCRAPE_FAILED", "wait", after_s=30)
    assert perform.build_job_outcome_of_source_error(SourceError("no", retryable=False)) == Failed(
        "SCRAPE_FAILED", "no"
    )
    assert perform.build_job_outcome_of_source_error(SourceRateLimited("not now", retry_after=30)) == Snooze(30)
    assert perform.build_job_outcome_of_source_error(SourceRateLimited("not now")).word == "retry"
