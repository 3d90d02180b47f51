"""Named steps: each commits once for its job, however its attempts end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Conn
from jobs import maintenance, steps
from jobs.outcomes import Done, Outcome, Retry
from tests import relay
from tests.jobs import scene
from tests.relay import LostPart
from tests.workers.runtime.workers import TEST_JOB, Workers
from workers.runtime.context import Context


@pytest_asyncio.fixture
async def effects(workers: Workers) -> AsyncIterator[Callable[[], Awaitable[list[str]]]]:
    """Create a table for tasks to write to; yield a function that reads it."""
    await workers.pool.execute("create table effect (job_id uuid, what text)")

    async def read() -> list[str]:
        return [row["what"] for row in await workers.pool.fetch("select what from effect order by what")]

    yield read


async def write(conn: Conn, ctx: Context, what: str) -> dict[str, Any]:
    await conn.execute("insert into effect values ($1, $2)", ctx.job.id, what)
    return {"what": what, "fence": ctx.job.fence}


async def test_a_later_attempt_gets_what_the_first_run_returned(workers: Workers, effects: Any) -> None:
    async def task(ctx: Context) -> Outcome:
        paid = await ctx.step(lambda conn: write(conn, ctx, "pay"), name="pay")
        if ctx.job.attempt == 1:
            return Retry("BUSY", "try again", after_s=0)
        told = await ctx.step(lambda conn: write(conn, ctx, "tell"), name="tell")
        return Done({"paid": paid, "told": told})

    row = await workers.run(task)
    assert row["result"] == {"paid": {"what": "pay", "fence": 1}, "told": {"what": "tell", "fence": 2}}
    assert await effects() == ["pay", "tell"]


async def test_a_step_without_a_name_runs_again(workers: Workers, effects: Any) -> None:
    async def task(ctx: Context) -> Outcome:
        await ctx.step(lambda conn: write(conn, ctx, "pay"))
        return Retry("BUSY", "try again", after_s=0) if ctx.job.attempt == 1 else Done()

    await workers.run(task)
    assert await effects() == ["pay", "pay"]


@pytest.mark.long
@pytest.mark.parametrize("loss", LostPart)
async def test_a_commit_with_a_lost_response_counts(workers: Workers, effects: Any, loss: LostPart) -> None:
    async def task(ctx: Context) -> Outcome:
        return Done(await ctx.step(lambda conn: write(conn, ctx, "pay"), name="pay"))

    async with (
        relay.start_relay(workers.settings.database_url) as network,
        workers.working(task, database_url=network.url, slots=1),
    ):
        network.fall_silent_at("COMMIT", loss)
        row = await workers.ended(await workers.submit())
    assert row["result"]["fence"] == (1 if loss is LostPart.ANSWER else 2)
    assert (row["fence"], await effects()) == (2, ["pay"])


async def test_an_attempt_that_lost_its_job_runs_no_named_step(workers: Workers, effects: Any) -> None:
    frozen, thawed = asyncio.Event(), asyncio.Event()

    async def task(ctx: Context) -> Outcome:
        if ctx.job.fence == 1:
            frozen.set()
            await thawed.wait()
        return Done(await ctx.step(lambda conn: write(conn, ctx, f"by {ctx.job.fence}"), name="pay"))

    async with workers.working(task):
        job_id = await workers.submit()
        await frozen.wait()
        await workers.return_to_line(job_id)
        row = await workers.ended(job_id)
        thawed.set()
    assert (row["fence"], await effects()) == (2, ["by 2"])


async def test_a_body_that_raises_stores_nothing(workers: Workers, effects: Any) -> None:
    async def task(ctx: Context) -> Outcome:
        async def body(conn: Conn) -> dict[str, Any]:
            done = await write(conn, ctx, f"attempt {ctx.job.attempt}")
            if ctx.job.attempt == 1:
                raise RuntimeError("no further")
            return done

        await ctx.step(body, name="pay")
        return Done()

    tries = TEST_JOB._replace(max_attempts=2)
    async with workers.working(task, kind=tries):
        job_id = await workers.submit(kind=tries)
        await workers.becomes(job_id, "attempt = 1 and state = 'queued'")
        await workers.pool.execute("update job set run_at = now(), stage = 'queued'")
        await workers.ended(job_id)
    assert await effects() == ["attempt 2"]


@pytest.mark.parametrize(
    ("result", "error"),
    [("x" * steps.MAX_RESULT_BYTES, ValueError), (object(), TypeError)],
    ids=["long", "no JSON"],
)
async def test_an_unstorable_result_is_an_error(
    workers: Workers, effects: Any, result: Any, error: type[Exception]
) -> None:
    async def task(ctx: Context) -> Outcome:
        async def body(conn: Conn) -> Any:
            await write(conn, ctx, "half")
            return result

        with pytest.raises(error):
            await ctx.step(body, name="pay")
        return Done()

    row = await workers.run(task)
    assert (row["state"], await effects()) == ("completed", [])


async def test_a_name_used_twice_is_an_error(workers: Workers, effects: Any) -> None:
    async def task(ctx: Context) -> Outcome:
        await ctx.step(lambda conn: write(conn, ctx, "one"), name="pay")
        with pytest.raises(ValueError, match="pay"):
            await ctx.step(lambda conn: write(conn, ctx, "two"), name="pay")
        return Done()

    row = await workers.run(task)
    assert (row["state"], await effects()) == ("completed", ["one"])


async def test_an_attempt_has_a_limit_of_named_steps(workers: Workers) -> None:
    async def nothing(_: Conn) -> None:
        pass

    async def task(ctx: Context) -> Outcome:
        for number in range(steps.MAX_STEPS):
            await ctx.step(nothing, name=str(number))
        with pytest.raises(ValueError, match="at most"):
            await ctx.step(nothing, name="one more")
        return Done()

    assert (await workers.run(task))["state"] == "completed"


async def test_named_steps_are_deleted_with_their_job(workers: Workers, effects: Any) -> None:
    async def task(ctx: Context) -> Outcome:
        await ctx.step(lambda conn: write(conn, ctx, "pay"), name="pay")
        return Done()

    await workers.run(task)
    assert await workers.pool.fetchval("select count(*) from job_step") == 1
    await workers.pool.execute("update job set finished_at = now() - interval '31 days'")
    async with workers.pool.acquire() as conn:
        await maintenance.prune_jobs(conn)
    assert await workers.pool.fetchval("select count(*) from job_step") == 0


#: The ends of attempts: the number of the last of three steps, and whether before (False) or after (True) its
#: commit.
ENDS = st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ends=ENDS)
async def test_however_attempts_end_each_step_commits_once(conn: Conn, ends: list[tuple[int, bool]]) -> None:
    """Attempts that die anywhere, and a last one that doesn't."""
    await conn.execute("create table if not exists done (job_id uuid, step int)")
    [org] = await scene.tenants(conn)
    job_id = (await scene.submit(conn, org)).job_id
    for last, committed in [*ends, (3, True)]:
        await conn.execute(
            "update job set state = 'queued', stage = 'queued', lease_owner = null, "
            "attempt_started_at = null, attempt_deadline_at = null, attempt = 0 where id = $1",
            job_id,
        )
        [claim] = await scene.pull(conn, await scene.worker(conn), 1)
        assert await attempt(conn, claim, last, committed=committed) == [0, 1, 2][: last + committed]
    assert [
        row["step"]
        for row in await conn.fetch("select step from done where job_id = $1 order by step", job_id)
    ] == [0, 1, 2]


async def attempt(conn: Conn, claim: Any, last: int, *, committed: bool) -> list[int]:
    """Run the steps of an attempt up to the one in which it dies; return their results."""
    heard: list[int] = []
    for number in range(min(last + 1, 3)):

        async def body(own: Conn, number: int = number) -> int:
            await own.execute("insert into done values ($1, $2)", claim.id, number)
            return number

        transaction = conn.transaction()
        await transaction.start()
        found = await steps.run_named_step(conn, claim, f"step {number}", body)
        if number == last and not committed:
            await transaction.rollback()
            break
        await transaction.commit()
        heard.append(found)
    return heard
