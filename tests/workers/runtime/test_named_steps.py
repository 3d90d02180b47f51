"""Named steps: each commits once for its job, however its attempts end."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Conn
from jobs import maintenance, steps
from jobs.outcomes import Done, TaskOutcome
from tests import relay
from tests.jobs import scene
from tests.relay import LostPart
from tests.workers.runtime.workers import Workers
from workers.runtime.context import TaskContext


async def write(conn: Conn, ctx: TaskContext, what: str) -> dict[str, Any]:
    await conn.execute("insert into effect values ($1, $2)", ctx.job.id, what)
    return {"what": what, "fence": ctx.job.fence}


@pytest.mark.long
@pytest.mark.parametrize("loss", LostPart)
async def test_a_commit_with_a_lost_response_counts(workers: Workers, effects: Any, loss: LostPart) -> None:
    async def task(ctx: TaskContext) -> TaskOutcome:
        return Done(await ctx.step(lambda conn: write(conn, ctx, "pay"), name="pay"))

    async with (
        relay.start_relay(workers.settings.database_url) as network,
        workers.working(task, database_url=network.url, slots=1),
    ):
        network.fall_silent_at("COMMIT", loss)
        row = await workers.ended(await workers.submit())
    assert row["result"]["fence"] == (1 if loss is LostPart.ANSWER else 2)
    assert (row["fence"], await effects()) == (2, ["pay"])


@pytest.mark.parametrize(
    ("result", "error"),
    [("x" * steps.MAX_STEP_RESULT_BYTES, ValueError), (object(), TypeError)],
    ids=["long", "no JSON"],
)
async def test_an_unstorable_result_is_an_error(
    workers: Workers, effects: Any, result: Any, error: type[Exception]
) -> None:
    async def task(ctx: TaskContext) -> TaskOutcome:
        async def body(conn: Conn) -> Any:
            await write(conn, ctx, "half")
            return result

        with pytest.raises(error):
            await ctx.step(body, name="pay")
        return Done()

    row = await workers.run(task)
    assert (row["state"], await effects()) == ("completed", [])


async def test_a_name_used_twice_is_an_error(workers: Workers, effects: Any) -> None:
    """So is a name beyond the limit of an attempt."""

    async def nothing(_: Conn) -> None:
        pass

    async def task(ctx: TaskContext) -> TaskOutcome:
        await ctx.step(lambda conn: write(conn, ctx, "one"), name="pay")
        with pytest.raises(ValueError, match="pay"):
            await ctx.step(lambda conn: write(conn, ctx, "two"), name="pay")
        for number in range(steps.MAX_NAMED_STEPS_PER_ATTEMPT - 1):
            await ctx.step(nothing, name=str(number))
        with pytest.raises(ValueError, match="at most"):
            await ctx.step(nothing, name="one more")
        return Done()

    row = await workers.run(task)
    assert (row["state"], await effects()) == ("completed", ["one"])


async def test_named_steps_are_deleted_with_their_job(workers: Workers, effects: Any) -> None:
    async def task(ctx: TaskContext) -> TaskOutcome:
        await ctx.step(lambda conn: write(conn, ctx, "pay"), name="pay")
        return Done()

    await workers.run(task)
    assert await workers.pool.fetchval("select count(*) from job_step") == 1
    await workers.pool.execute("update job set finished_at = now() - interval '31 days'")
    async with workers.pool.acquire() as conn:
        await maintenance.prune_ended_jobs(conn)
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
        row["step"] for row in await conn.fetch("select step from done where job_id = $1 order by step", job_id)
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
