"""Items end with their jobs, retries repeat a revision, and the next revision is an edit."""

import threading
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool
from domain.content.content import find_file_download_headers
from domain.content.generated import list_copy_line_provenance
from domain.jobs import jobs
from domain.operations import maintenance
from generation.copy import write
from generation.copy.write import write_piece_copy
from generation.spec import BrandSnapshot, BrandStatement, PieceCopy, PieceSpec, Presenter
from jobs.kinds import CONTENT_GENERATE_KIND
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Canceled, Failed, Interrupted, TaskOutcome
from schemas.brand import BrandPatch
from schemas.errors import ContentRejected, InvalidValue, ObjectNotFound, StateConflict, VersionOutdated
from tests import leasing, seeds
from tests.domain.content import making
from tests.domain.content.reviewing import approve, edit, policy, reject
from tests.domain.project import Project, archive, cancel, retry
from tests.domain.publishing import post_scene
from tests.generation.copy.brands import TIDELINE
from tests.generation.copy.tracing import lines

BROKE = Failed("PICTURE_TYPE", "no picture")


@pytest_asyncio.fixture
async def project(conn: Conn, project: Project) -> Project:
    await making.tell_brand(conn, project)
    return project


async def rows(conn: Conn) -> tuple[Any, ...]:
    """Count items, files and unclaimed uploads."""
    names = ("content_item", "content_asset", "asset_thumbnail", "media_upload")
    return tuple([await conn.fetchval(f"select count(*) from {name}") for name in names])


async def test_item_ends_with_its_job(pool: Pool, conn: Conn, project: Project) -> None:
    ends: dict[str, TaskOutcome] = {"failed": BROKE, "canceled": Canceled(), "processing": Interrupted()}
    for status, outcome in ends.items():
        claim = await making.begun(conn, project)
        await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, outcome)])
        item = await making.shown(conn, project, UUID(claim.args["content_id"]))
        assert (item.status, item.assets) == (status, [])
        assert (item.last_error and item.last_error.code) == (BROKE.code if status == "failed" else None)


async def test_cancel_and_deadline_end_a_queued_item(pool: Pool, conn: Conn, project: Project) -> None:
    first, second = await making.ask(conn, project), await making.ask(conn, project)
    await cancel(pool, project, first.submitted.job_id)
    await conn.execute("update job set deadline_at = now()")
    await maintenance.end_overdue_jobs_and_subjects(conn)
    ends = [await making.shown(conn, project, one.content_id) for one in (first, second)]
    assert [item.status for item in ends] == ["canceled", "failed"]
    assert ends[1].last_error
    assert ends[1].last_error.code == "DEADLINE"


async def test_archive_cancels_jobs_and_refuses_requests(pool: Pool, conn: Conn, project: Project) -> None:
    claim, queued = await making.begun(conn, project), await making.ask(conn, project)
    await archive(conn, project)
    with pytest.raises(StateConflict, match="archived"):
        await making.finish(pool, claim)
    with pytest.raises(StateConflict, match="archived"):
        await making.ask(conn, project)
    async with conn.transaction():
        await jobs.cancel_jobs_of_archived_project(conn, organization_id=project.org, project_id=project.id, limit=10)
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, Canceled())])
    for content_id in (queued.content_id, UUID(claim.args["content_id"])):
        assert (await making.shown(conn, project, content_id)).status == "canceled"
    assert await rows(conn) == (2, 0, 0, 2)


async def test_retry_makes_the_same_item_of_the_same_brief(pool: Pool, conn: Conn, project: Project) -> None:
    claim = await making.begun(conn, project)
    content_id = UUID(claim.args["content_id"])
    brief = await conn.fetchval("select brief from content_generation")
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, BROKE)])
    await making.tell_brand(conn, project, BrandPatch(app_name="Other"))
    again, twice = [await retry(pool, project, claim.id, {"content:write"}) for _ in range(2)]
    assert (again.job_id, again.fresh, twice.fresh) == (twice.job_id, True, False)
    item = await making.shown(conn, project, content_id)
    assert (item.status, item.last_error, item.job_id) == ("queued", None, f"job_{again.job_id}")
    [claim] = await seeds.claims(conn, CONTENT_GENERATE_KIND)
    await making.finish(pool, claim)
    assert (await making.shown(conn, project, content_id)).status == "completed"
    assert await conn.fetchval("select brief from content_generation") == brief
    assert await rows(conn) == (1, 1, 1, 0)


async def test_retry_is_refused_after_a_newer_request(pool: Pool, conn: Conn, project: Project) -> None:
    claim = await making.begun(conn, project)
    content_id = UUID(claim.args["content_id"])
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, BROKE)])
    later = await making.begun(conn, project, content_id)
    await making.finish(pool, later)
    with leasing.conflict("JOB_NOT_RETRYABLE"):
        await retry(pool, project, claim.id, {"content:write"})
    assert (await making.shown(conn, project, content_id)).revision == 1


async def test_a_next_revision_is_an_edit(pool: Pool, conn: Conn, project: Project) -> None:
    """Until then the item stays the same; then it needs an approval, which blocks its posts."""
    await policy(conn, project, requires_approval=True)
    content_id = await making.made(pool, conn, project)
    await approve(conn, project, content_id)
    project = (await post_scene.fill(conn, project, accounts=1))._replace(content_id=content_id)
    before = await making.shown(conn, project, content_id)
    [post] = await post_scene.schedule(conn, project)
    claim = await making.begun(conn, project, content_id)
    during = await making.shown(conn, project, content_id)
    same = ("status", "assets", "revision", "approval_status", "caption")
    assert [getattr(during, name) for name in same] == [getattr(before, name) for name in same]
    assert during.job_id == f"job_{claim.id}"
    await making.finish(pool, claim)
    after = await making.shown(conn, project, content_id)
    assert (after.revision, after.approval_status, after.status) == (2, "pending", "completed")
    assert after.assets[0].url != before.assets[0].url
    assert await conn.fetchval("select status from scheduled_post where id = $1", post) == "blocked"
    assert await rows(conn) == (2, 1, 1, 2)


async def test_failed_revision_leaves_the_item_as_it_was(pool: Pool, conn: Conn, project: Project) -> None:
    content_id = await making.made(pool, conn, project)
    before = await making.shown(conn, project, content_id)
    claim = await making.begun(conn, project, content_id)
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, BROKE)])
    after = await making.shown(conn, project, content_id)
    assert (after.status, after.revision, after.assets) == ("completed", 1, before.assets)
    assert after.last_error
    assert after.last_error.code == BROKE.code


async def test_revision_that_a_post_cant_send_is_refused(pool: Pool, conn: Conn, project: Project) -> None:
    content_id = await making.made(pool, conn, project)
    project = (await post_scene.fill(conn, project, accounts=1))._replace(content_id=content_id)
    await post_scene.schedule(conn, project)
    claim = await making.begun(conn, project, content_id)
    with pytest.raises(InvalidValue, match="waits with it"):
        await making.finish(pool, claim, "x" * 3000)
    assert (await making.shown(conn, project, content_id)).revision == 1


async def test_one_revision_is_generated_at_a_time(pool: Pool, conn: Conn, project: Project) -> None:
    content_id = await making.made(pool, conn, project)
    with pytest.raises(VersionOutdated):
        await making.regenerate(conn, project, content_id, versions=[7])
    await making.regenerate(conn, project, content_id, versions=[1])
    for change in (making.regenerate(conn, project, content_id), edit(conn, project, content_id, "New.")):
        with leasing.conflict("CONTENT_NOT_READY"):
            await change


async def test_rejected_or_uploaded_item_is_not_regenerated(pool: Pool, conn: Conn, project: Project) -> None:
    await policy(conn, project, requires_approval=True)
    queued = await making.ask(conn, project)
    with pytest.raises(StateConflict, match="a job is generating it"):
        await reject(conn, project, queued.content_id)
    with pytest.raises(StateConflict, match="wait for its end"):
        await approve(conn, project, queued.content_id)
    await cancel(pool, project, queued.submitted.job_id)
    with pytest.raises(StateConflict, match="is canceled: regenerate it"):
        await approve(conn, project, queued.content_id)
    content_id = await making.made(pool, conn, project)
    claim = await making.begun(conn, project, content_id)
    await reject(conn, project, content_id)
    with pytest.raises(ContentRejected):
        await making.finish(pool, claim)
    uploaded = await seeds.content(conn, project.org, project.id)
    with pytest.raises(StateConflict, match="uploaded"):
        await making.regenerate(conn, project, uploaded)


async def test_replaced_files_stay_readable_for_a_day(pool: Pool, conn: Conn, project: Project) -> None:
    content_id = await making.made(pool, conn, project)
    before = await making.shown(conn, project, content_id)
    await making.finish(pool, await making.begun(conn, project, content_id))
    after = await making.shown(conn, project, content_id)
    for asset in (*before.assets, *after.assets):
        for url in (asset.url, asset.thumbnail_url):
            assert url
            found = await find_file_download_headers(conn, token=url.rpartition("/")[2])
            assert found.mime_type == "image/jpeg"
    await conn.execute("delete from media_upload")
    with pytest.raises(ObjectNotFound):
        await find_file_download_headers(conn, token=before.assets[0].url.rpartition("/")[2])


async def test_text_generation_does_not_block_other_requests(
    conn: Conn, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = list[threading.Thread]()

    def told(spec: PieceSpec) -> PieceCopy:
        threads.append(threading.current_thread())
        return write_piece_copy(spec)

    monkeypatch.setattr(write, "write_piece_copy", told)
    await making.ask(conn, project)
    assert threads
    assert threading.main_thread() not in threads


@pytest.mark.parametrize(
    ("hook", "status"), [("The best tides, 100 % safe", "pending"), ("Tides ahead", "not_required")]
)
async def test_a_claim_in_the_requested_hook_needs_an_approval(
    pool: Pool, conn: Conn, project: Project, hook: str, status: str
) -> None:
    await making.ask(conn, project, hook=hook)
    [claim] = await seeds.claims(conn, CONTENT_GENERATE_KIND)
    await making.finish(pool, claim)
    item = await making.shown(conn, project, UUID(claim.args["content_id"]))
    assert (item.status, item.approval_status) == ("completed", status)


def test_each_line_of_a_piece_leads_to_its_source() -> None:
    quotes = ["rye bread", "seeded rolls", "wedding cakes", "Our dough rests for a whole night."]
    said = [
        BrandStatement(text=one, intent="offer" if len(one) < 20 else "benefit", quote=one, url="") for one in quotes
    ]
    brand = BrandSnapshot(name="Quillmere", language="en", place="Harrowby", statements=said)
    copy = write_piece_copy(PieceSpec(format="slideshow", brand=brand, seed="1"))
    assert None not in (copy.chip, copy.place, copy.quote)
    assert len(copy.items) == 3
    known = list_copy_line_provenance(copy)
    assert {line.text for line in lines(copy)} <= {one.line for one in known}
    assert {one.quote for one in known if one.line in {item.text for item in copy.items}} == {*quotes[:3]}


def test_the_line_about_a_presenter_is_a_formula_around_the_name() -> None:
    presenter = Presenter(name="Mira", gender="female", age_range="adult", seed="1")
    copy = write_piece_copy(PieceSpec(format="image", brand=TIDELINE, seed="1", presenter=presenter))
    [line] = [one for one in list_copy_line_provenance(copy) if one.quote == "Mira"]
    assert (line.rule, line.field) == ("formula", "caller")
    assert line.line in copy.caption
