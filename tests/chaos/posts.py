"""Posts with workers stopped at given points, and the API's view of them meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import httpx
import pytest

from db.reach import convert_postgres_away_errors
from domain.accounts.credentials import TokenGrant
from schemas import ids
from schemas.errors import ServiceUnavailable
from tests import seeds
from tests.api.conftest import new_key
from tests.chaos.fleet import Fleet
from tests.chaos.platform import Records
from tests.chaos.publisher import CALLED
from tests.http_server import HttpRequest, serve
from tests.waiting import PATIENCE_S, eventually

#: A post, its job and that job's worker, as a concurrent reader sees them.
ROW = """
select p.status, p.phase, p.version, p.job_id, j.state, j.fence, j.attempt, j.run_at > now() as later,
       j.state = 'running' and coalesce(w.lease_expires_at <= now(), true) as lost, o.paused
  from scheduled_post p
  join job j on j.id = p.job_id
  join pool o on o.name = j.pool
  left join worker w on w.id = j.lease_owner
 where p.id = $1"""

#: Reasons that end when a job is due, or that belong to a running job.
OVER = {"worker_lost", "scheduled", "retry_wait", "answer_lost", "platform_processing", "snoozed"}
ENDED = {"published", "failed", "draft_in_inbox", "canceled"}


class Withholding(Records):
    """Accepts the first post of `CALLED`, and never responds to it."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = asyncio.Event()

    async def answer(self, asked: HttpRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if CALLED.encode() not in asked.body or self.taken.is_set():
            await super().answer(asked, reader, writer)
            return
        self.put(asked.json)
        self.taken.set()
        with suppress(OSError):
            await reader.read()


class PostStage(NamedTuple):
    """`posts` by their workers' stop point, which is also their account's handle."""

    fleet: Fleet
    records: Withholding
    http: httpx.AsyncClient
    posts: dict[str, UUID]

    async def reached(self, points: Iterable[str]) -> None:
        await self.fleet.appeared({*points} - {CALLED})
        if CALLED in {*points}:
            await self.records.taken.wait()

    async def row(self, point: str) -> asyncpg.Record:
        row = await self.fleet.pool.fetchrow(ROW, self.posts[point])
        assert row
        return row

    async def reason(self, point: str) -> str | None:
        """Return the reason of the wait, as the post and its job show it now."""
        shown = await self.get(f"scheduled-posts/{ids.format_prefixed_id(ids.POST_ID_PREFIX, self.posts[point])}")
        found: str | None = shown["waiting"] and shown["waiting"]["reason"]
        return found

    async def reasons(self) -> dict[str, str | None]:
        return {point: await self.reason(point) for point in self.posts}

    async def timeline(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.get(f"{path}/timeline?limit=200"))["items"]
        return found

    async def get(self, path: str) -> dict[str, Any]:
        """Request a path, and retry until Postgres is available."""

        async def answered() -> httpx.Response | None:
            answer = await self.http.get(f"/v1/{path}")
            return None if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else answer

        answer = await eventually(answered)
        assert answer is not None
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    async def published(self) -> None:
        async def all_are() -> bool:
            return {(await self.row(point))["status"] for point in self.posts} == {"published"}

        await eventually(all_are)

    async def proof(self, point: str) -> list[str]:
        """Return a post's timeline as words; assert its order, and that its end matches the row."""
        told = await self.timeline(f"scheduled-posts/{ids.format_prefixed_id(ids.POST_ID_PREFIX, self.posts[point])}")
        row = await self.row(point)
        check(told)
        ends = [entry["type"] for entry in told if entry["type"] in ENDED]
        assert ends == [row["status"]], told
        of_job = await self.timeline(f"jobs/{ids.format_prefixed_id(ids.JOB_ID_PREFIX, row['job_id'])}")
        check(of_job)
        assert [of_job[0]["type"], of_job[-1]["type"]] == ["submitted", row["state"]]
        assert [*attempts(of_job)] == [*attempts(told)]
        assert len(self.records.texts(repo(point))) == 1
        return [" ".join(filter(None, (one["type"], one.get("outcome"), one.get("verdict")))) for one in told]


def repo(point: str) -> str:
    """Return the account's name on its platform."""
    return f"did:plc:{point}"


def attempts(told: Iterable[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for entry in told:
        if entry["type"].startswith("attempt_"):
            yield entry["at"], entry["type"], entry["fence"], entry["workerId"], entry.get("outcome")


def check(told: list[dict[str, Any]]) -> None:
    """Assert that times ascend, one attempt at a time owns the job, and repeated calls are justified."""
    times = [entry["at"] for entry in told]
    assert times == sorted(times)
    all_of = [entry for entry in told if entry["type"].startswith("attempt_")]
    for begun, ended in zip(all_of[::2], all_of[1::2], strict=True):
        assert (begun["type"], ended["type"]) == ("attempt_started", "attempt_ended")
        assert (begun["fence"], begun["workerId"]) == (ended["fence"], ended["workerId"])
    fences = [entry["fence"] for entry in all_of[::2]]
    assert all(one < other for one, other in pairwise(fences))
    types = [entry["type"] for entry in told]
    calls = [place for place, one in enumerate(types) if one == "call"]
    for one, other in pairwise(calls):
        assert {"answer_lost", "not_sent"} & {*types[one:other]}, types


class Watch:
    """Polls all posts and checks each response against an unchanged row."""

    def __init__(self, stage: PostStage) -> None:
        self.stage = stage
        self.wrong: list[Any] = []

    async def run(self) -> None:
        while True:
            for point in self.stage.posts:
                # While Postgres is away there is no row.
                with suppress(ServiceUnavailable), convert_postgres_away_errors():
                    await self.look(point)

    async def look(self, point: str) -> None:
        before = await self.stage.row(point)
        told = await self.stage.reason(point)
        if await self.stage.row(point) == before and not true(told, before):
            self.wrong.append((point, told, dict(before)))


def true(told: str | None, row: asyncpg.Record) -> bool:
    if row["status"] in ENDED:
        return told is None
    if row["state"] == "running":
        return told == ("worker_lost" if row["lost"] else None)
    if row["later"]:
        return told is not None
    return told not in OVER and (told is not None or not row["paused"])


@asynccontextmanager
async def watching(stage: PostStage) -> AsyncIterator[None]:
    """Assert that no response within the block contradicts a row."""
    watch = Watch(stage)
    task = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert watch.wrong == []


@asynccontextmanager
async def staged(fleet: Fleet, points: Iterable[str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PostStage]:
    """Schedule a post on a new account for each point, due now, before any worker starts."""
    monkeypatch.setenv("CHAOS_FOLDER", str(fleet.folder))
    records = Withholding()
    async with serve(records.answer) as records.host:
        fleet.allow(records.host)
        async with fleet.pool.acquire() as conn:
            project_id = await seeds.project(conn, fleet.org)
            posts = {point: await _post(conn, fleet, project_id, records, point) for point in points}
        headers = {"Authorization": f"Bearer {await new_key(fleet.pool, fleet.org)}"}
        url = await fleet.serve_api()
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=PATIENCE_S) as http:
            yield PostStage(fleet, records, http, posts)


async def _post(conn: Any, fleet: Fleet, project_id: UUID, records: Records, point: str) -> UUID:
    account_id = await seeds.account(
        conn, fleet.org, project_id, handle=point, platform="bluesky", service_url=f"http://{records.host}",
        external_id=repo(point), grant=TokenGrant(access_token=f"token-{point}"),
    )  # fmt: skip
    content_id = await seeds.content(conn, fleet.org, project_id, caption=f"at {point}")
    return await seeds.post(conn, fleet.org, content_id, account_id)
