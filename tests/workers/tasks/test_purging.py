"""A purge after any worker's death: no row of the project is left, and no other row is missing."""

from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn, Pool, run_in_transaction
from domain.events import purge as events
from domain.media.store import MediaStore
from domain.operations import purge
from jobs.kinds import PURGE_PROJECT_KIND
from jobs.ledger import JobClaim
from jobs.outcomes import Interrupted, Snooze, TaskOutcome
from schemas.errors import AttemptFenced, ObjectNotFound, ServiceUnavailable
from schemas.projects import Purging
from tests import leasing, seeds
from tests.domain.project import Project as Scope
from tests.domain.publishing import post_scene as scene
from tests.workers.by_hand import Death, Died, MortalContext
from tests.workers.event_archive.clickhouse import shelves
from tests.workers.tasks.full_project import count_left, fill, list_project_tables, list_referencing_ids
from tests.workers.tasks.project import IngestProject
from workers.runtime.context import TaskContext
from workers.tasks import purge_project


async def begin(pool: Pool, project_id: UUID, **asked: Any) -> Purging:
    given: dict[str, Any] = {"name": "Shop", "env": None, "actor": None} | asked
    return (await run_in_transaction(pool, partial(purge.begin_project_purge, project_id=project_id, **given)))[0]


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


async def perform(ctx: TaskContext, store: MediaStore, archive_url: str = "") -> TaskOutcome:
    return await purge_project.purge_project(
        ctx, store=store, keyring=seeds.VAULT, event_store=ctx._pool.acquire, archive_url=archive_url
    )


async def run_until_done(pool: Pool, claim: JobClaim, store: MediaStore) -> int:
    """Run a worker that dies after one transaction, the next after two, and so on; return the number of deaths."""
    for deaths in count():
        alive = scene.context(pool, claim)
        death = Death(nth=deaths + 1, after=True)
        try:
            await perform(MortalContext(death, alive._attempt, pool, alive._progress_writer, lambda: 15.0), store)
        except Died:
            continue
        except AttemptFenced:
            pass  # The last death followed the end of the job.
        return deaths
    raise AssertionError


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_PURGED_ROWS_PER_STEP", "MAX_PURGED_CONTENTS_PER_STEP", "MAX_PURGED_IDEMPOTENCY_RECORDS_PER_STEP"):
        monkeypatch.setattr(purge, name, 1)
    monkeypatch.setattr(events, "MAX_PURGED_EVENT_ROWS", 1)


@pytest.mark.usefixtures("one_by_one")
async def test_no_row_is_left_after_any_worker_death(
    project: IngestProject, conn: Conn, folder: Path, store: MediaStore
) -> None:
    full = await fill(project, conn, store)
    await archived(project)
    names = await list_referencing_ids(conn, full.scope.id)
    for table in await list_project_tables(conn):
        mine = f"select count(*) from {table} where project_id = $1"
        assert await conn.fetchval(mine, project.id), f"{table}: fill it in the test project, and purge it"
    assert files(folder) == set(full.tokens)
    claim = await claimed(project, conn)
    assert await run_until_done(project.workers.pool, claim, store) >= 10
    rest = await count_left(conn, names)
    assert rest.keys() == {"audit_log", "job"}
    assert rest["job"] == 1  # The purge's own job.
    assert files(folder) == set()
    assert [row["key"] for row in await conn.fetch("select key from idempotency_key")] == ["other"]
    await is_returned(project, conn, full.owner)
    revoked = await conn.fetch("select project_id from job where kind = 'revoke_token'")
    assert [row["project_id"] for row in revoked] == [None] * 2
    actions = await conn.fetch("select action from audit_log where subject = $1 order by id", f"prj_{project.id}")
    assert [row["action"] for row in actions][-2:] == ["project.purge_started", "project.purged"]
    with pytest.raises(ObjectNotFound):
        await begin(project.workers.pool, project.id)


async def is_returned(project: IngestProject, conn: Conn, owner: leasing.LeaseOwner) -> None:
    """Check that the account is as before, and free to lease."""
    assert await leasing.status(conn, owner.account_id) == "connected"
    await leasing.lend(project.workers.pool, owner, await leasing.tenant(conn))


async def test_running_jobs_are_waited_for_with_a_deadline(
    project: IngestProject, conn: Conn, store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = project.workers.pool
    mine = await scene.fill(conn, Scope(project.org, project.id))
    claims = await scene.prepared(conn, mine, 1)
    assert await scene.mark(pool, claims[0])
    await archived(project)
    for claim in claims[1:]:
        await scene.mark(pool, claim)
    claim = await claimed(project, conn)
    assert isinstance(await perform(scene.context(pool, claim), store), Snooze)
    monkeypatch.setattr(purge, "MAX_PURGE_WAIT_FOR_JOBS_S", 0)
    assert (await perform(scene.context(pool, claim), store)).word == "completed"
    with pytest.raises(AttemptFenced):
        await scene.publish(pool, claims[0])


async def test_archived_events_are_deleted_once_the_archive_responds(
    project: IngestProject, conn: Conn, store: MediaStore
) -> None:
    await archived(project)
    claim = await claimed(project, conn)
    async with shelves() as archive:
        archive.rows = [{"project_id": str(project_id)} for project_id in (project.id, project.org)]
        archive.down = 1
        ctx = scene.context(project.workers.pool, claim)
        assert isinstance(await perform(ctx, store, archive.url), Snooze)
        await perform(ctx, store, archive.url)
    assert archive.rows == [{"project_id": str(project.org)}]


@pytest.mark.usefixtures("one_by_one")
async def test_attempts_that_are_late_or_lack_the_storage_are_continued(
    project: IngestProject, conn: Conn, folder: Path, store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = await fill(project, conn, store)
    await archived(project)
    claim = await claimed(project, conn)

    class Away:
        async def delete(self, token: str) -> None:
            raise ServiceUnavailable(token)

    away: Any = Away()
    outcome = await perform(scene.context(project.workers.pool, claim), away)
    assert isinstance(outcome, Snooze), "as an interruption it would begin again at once"
    tables = ("content_asset", "influencer_portrait", "app_media where token is not null")
    kept = [await conn.fetchval(f"select count(*) from {table}") for table in tables]
    assert sum(kept) == len(full.tokens)
    monkeypatch.setattr(purge_project, "PURGE_TIME_SLICE_S", 0)
    late = 0
    while isinstance(await perform(scene.context(project.workers.pool, claim), store), Interrupted):
        late += 1
    assert (late >= len(full.tokens), files(folder)) == (True, set())
    with pytest.raises(ObjectNotFound):
        await begin(project.workers.pool, project.id)


async def test_sends_of_a_leased_account_still_count_for_its_owner(
    project: IngestProject, conn: Conn, store: MediaStore
) -> None:
    """Until the owner's account is deleted too."""
    owner = (await fill(project, conn, store)).owner
    await conn.execute(
        """insert into account_send (organization_id, account_id, owner_account_id, id, post_id)
           select a.organization_id, a.id, a.owner_account_id, gen_random_uuid(), p.id
             from social_account a join scheduled_post p using (organization_id, project_id)
            where a.owner_account_id = $1 limit 1""",
        owner.account_id,
    )
    sent_at = await conn.fetchval("select at from account_send where owner_account_id is not null")
    await archived(project)
    await purged(project, conn, store)
    rows = await conn.fetch("select organization_id, account_id, owner_account_id, post_id, at from account_send")
    assert [tuple(row) for row in rows] == [(owner.org, owner.account_id, None, None, sent_at)]
    own = replace(project, org=owner.org, id=owner.project_id)
    await archived(own)
    await purged(own, conn, store, name="Ours")
    assert await conn.fetch("select from account_send") == []


async def archived(project: IngestProject) -> None:
    await project.archive()
    await project.archived()


async def claimed(project: IngestProject, conn: Conn, **asked: Any) -> JobClaim:
    """Begin the project's purge; return its job's claim."""
    await begin(project.workers.pool, project.id, **asked)
    [claim] = await seeds.claims(conn, PURGE_PROJECT_KIND)
    return claim


async def purged(project: IngestProject, conn: Conn, store: MediaStore, **asked: Any) -> None:
    claim = await claimed(project, conn, **asked)
    assert (await perform(scene.context(project.workers.pool, claim), store)).word == "completed"
