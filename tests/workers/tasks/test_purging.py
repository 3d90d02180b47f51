"""A purge: nothing of the project is left, whenever its worker dies, and nothing of others is missing."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import pytest

from db.pool import Conn, Pool, transact
from domain.leasing import offers, requests
from domain.media.storage import open_store
from domain.media.store import Store
from domain.operations import purge
from domain.projects import projects
from jobs.kinds import PURGE_PROJECT
from jobs.ledger import Claim
from jobs.outcomes import Outcome, Snooze
from schemas import ids
from schemas.errors import Conflict, Fenced, Invalid, NotFound, Unavailable
from schemas.projects import Purging
from tests import leasing, seeds, waiting
from tests.domain.project import Project as Scope
from tests.domain.publishing import post_scene as scene
from tests.workers.tasks.full_project import fill, left, named, of_projects
from tests.workers.tasks.project import Project
from workers.runtime.context import Context
from workers.tasks import purge_project

T = TypeVar("T")

LOCKED_OUT = """
  select exists (
    select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database())"""


class DiedError(Exception):
    """The worker is gone."""


class Mortal(Context):
    """Dies after so many steps."""

    steps = 0

    async def step(self, body: Callable[[Conn], Awaitable[T]], **asked: Any) -> T:
        done = await super().step(body, **asked)
        self.steps -= 1
        if not self.steps:
            raise DiedError
        return done


async def begin(pool: Pool, project_id: UUID, **asked: Any) -> Purging:
    given: dict[str, Any] = {"name": "Shop", "env": None, "actor": None} | asked
    return (await transact(pool, partial(purge.begin, project_id=project_id, **given)))[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "media"


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def dying(pool: Pool, claim: Claim, steps: int) -> Mortal:
    alive = scene.context(pool, claim)
    mortal = Mortal(alive._attempt, pool, alive._progress_writer, lambda: 15.0)
    mortal.steps = steps
    return mortal


async def perform(ctx: Context, store: Store) -> Outcome:
    return await purge_project.purge_project(ctx, store=store, keyring=seeds.VAULT)


async def until_done(pool: Pool, claim: Claim, store: Store) -> int:
    """A worker that dies after one step, the next one after two, and so on; how many died."""
    for steps in count(1):
        try:
            await perform(dying(pool, claim, steps), store)
        except DiedError:
            continue
        return steps - 1
    raise AssertionError


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROWS", "CONTENTS", "RECORDS"):
        monkeypatch.setattr(purge, name, 1)


@pytest.mark.usefixtures("one_by_one")
async def test_nothing_is_left_wherever_its_worker_dies(project: Project, conn: Conn, folder: Path) -> None:
    store = open_store(msgspec.structs.replace(project.workers.settings, assets_url=str(folder)))
    full = await fill(project, conn, store)
    await project.archive()
    await project.archived()
    names = await named(conn, full.scope)
    for table in await of_projects(conn):
        mine = f"select count(*) from {table} where project_id = $1"
        assert await conn.fetchval(mine, project.id), f"{table}: fill the project, and purge what is there"
    assert files(folder) == set(full.tokens)
    await begin(project.workers.pool, project.id)
    [claim] = await seeds.claims(conn, PURGE_PROJECT)
    assert await until_done(project.workers.pool, claim, store) >= 10
    rest = await left(conn, names)
    assert rest.keys() == {"audit_log", "job"}
    assert rest["job"] == 1  # Its own.
    assert files(folder) == set()
    assert [row["key"] for row in await conn.fetch("select key from idempotency_key")] == ["other"]
    await is_returned(project, conn, full.owner)
    revoked = await conn.fetch("select project_id from job where kind = 'revoke_token'")
    assert [row["project_id"] for row in revoked] == [None] * 2
    actions = await conn.fetch(
        "select action from audit_log where subject = $1 order by id", f"prj_{project.id}"
    )
    assert [row["action"] for row in actions][-2:] == ["project.purge_started", "project.purged"]
    with pytest.raises(NotFound):
        await begin(project.workers.pool, project.id)


async def is_returned(project: Project, conn: Conn, owner: leasing.Owner) -> None:
    """It is as it was, and others may lease it."""
    assert await leasing.status(conn, owner.account_id) == "connected"
    await leasing.lend(project.workers.pool, owner, await leasing.tenant(conn))


async def test_a_worker_purges_and_then_it_is_not_found(project: Project, conn: Conn, folder: Path) -> None:
    await scene.fill(conn, Scope(project.org, project.id))
    await project.archive()
    await project.archived()
    answer = await begin(project.workers.pool, project.id)
    assert await begin(project.workers.pool, project.id) == answer
    for read in (projects.get, projects.get_brand):
        with pytest.raises(NotFound):
            await read(conn, organization_id=project.org, project_id=project.id)
    async with project.at_work(PURGE_PROJECT, assets_url=str(folder)):
        job_id = await conn.fetchval("select id from job where kind = 'purge_project'")
        assert (await project.workers.ended(job_id))["state"] == "completed"
    with pytest.raises(NotFound):
        await begin(project.workers.pool, project.id)


async def test_what_is_under_way_is_waited_for_and_not_for_ever(
    project: Project, conn: Conn, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = project.workers.pool
    store = open_store(msgspec.structs.replace(project.workers.settings, assets_url=str(folder)))
    mine = await scene.fill(conn, Scope(project.org, project.id))
    claims = await scene.prepared(conn, mine, 1)
    assert await scene.mark(pool, claims[0])
    await project.archive()
    await project.archived()
    for claim in claims[1:]:
        await scene.mark(pool, claim)
    await begin(pool, project.id)
    [claim] = await seeds.claims(conn, PURGE_PROJECT)
    assert isinstance(await perform(scene.context(pool, claim), store), Snooze)
    monkeypatch.setattr(purge, "PATIENCE_S", 0)
    assert (await perform(scene.context(pool, claim), store)).word == "completed"
    with pytest.raises(Fenced):
        await scene.publish(pool, claims[0])


async def test_a_storage_that_is_away_loses_no_row(project: Project, conn: Conn, folder: Path) -> None:
    store = open_store(msgspec.structs.replace(project.workers.settings, assets_url=str(folder)))
    full = await fill(project, conn, store)
    await project.archive()
    await project.archived()
    await begin(project.workers.pool, project.id)
    [claim] = await seeds.claims(conn, PURGE_PROJECT)

    class Away:
        async def delete(self, token: str) -> None:
            raise Unavailable(token)

    outcome = await perform(scene.context(project.workers.pool, claim), Away())  # type: ignore[arg-type]  # no more is asked of it
    assert isinstance(outcome, Snooze), "as an interruption it would begin again at once"
    assert await conn.fetchval("select count(*) from content_asset") == len(full.tokens)
    await perform(scene.context(project.workers.pool, claim), store)
    assert files(folder) == set()


async def archived(project: Project, conn: Conn) -> None:
    await project.archive()
    await project.archived()


async def lent(project: Project, conn: Conn) -> None:
    """Another tenant's history names an account of this project."""
    owner = await leasing.another(conn, leasing.Owner(project.org, project.id, project.org), handle="ours")
    tenant = await leasing.tenant(conn)
    await leasing.release(
        project.workers.pool, tenant, await leasing.lend(project.workers.pool, owner, tenant)
    )
    await archived(project, conn)


async def asked(project: Project, _: Conn) -> None:
    await project.archive()


async def nothing(_: Project, __: Conn) -> None:
    """It is active."""


@pytest.mark.parametrize(
    ("before", "reason"),
    [(nothing, "NOT_ARCHIVED"), (asked, "ARCHIVE_RUNNING"), (lent, "ACCOUNT_LEASED")],
)
async def test_a_project_that_cannot_be_purged_stays(
    project: Project, conn: Conn, before: Callable[[Project, Conn], Awaitable[None]], reason: str
) -> None:
    await before(project, conn)
    with pytest.raises(Conflict) as refused:
        await begin(project.workers.pool, project.id)
    assert refused.value.details["reason"] == reason
    assert (await project.shown()).name == "Shop"


async def offered(project: Project, conn: Conn) -> leasing.Owner:
    """An account of the archived project, that is still offered."""
    ours = leasing.Owner(project.org, project.id, project.org)
    owner = await leasing.another(conn, ours, handle="ours")
    await archived(project, conn)
    return owner


async def test_an_account_that_is_being_lent_keeps_its_project(project: Project, conn: Conn) -> None:
    """Its lease would name the account for ever, and no purge could end."""
    pool, owner = project.workers.pool, await offered(project, conn)
    request_id = await leasing.ask(conn, await leasing.tenant(conn))
    assign = partial(requests.assign, actor=owner.actor, request_id=request_id, account_ids=[owner.shown])
    async with pool.acquire() as lender:
        async with lender.transaction():
            await assign(lender)
            purging = asyncio.create_task(begin(pool, project.id))
            await waiting.eventually(lambda: conn.fetchval(LOCKED_OUT))
        with pytest.raises(Conflict) as refused:
            await purging
    assert refused.value.details["reason"] == "ACCOUNT_LEASED"


async def test_an_account_of_a_purged_project_is_not_offered_again(project: Project, conn: Conn) -> None:
    owner = await offered(project, conn)
    await begin(project.workers.pool, project.id)
    with pytest.raises(NotFound):
        await transact(
            project.workers.pool,
            partial(offers.offer, actor=owner.actor, account_id=owner.account_id, niche="baking"),
        )


async def test_only_by_its_name_and_in_its_environment(project: Project, conn: Conn) -> None:
    await archived(project, conn)
    with pytest.raises(Invalid):
        await begin(project.workers.pool, project.id, name="shop")
    with pytest.raises(NotFound):
        await begin(project.workers.pool, project.id, env="test", name="Shop")
    with pytest.raises(NotFound):
        await begin(project.workers.pool, ids.new())
    assert (await project.shown()).status == "archived"
