"""Which jobs a pull takes, and in which order."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from db.pool import Conn
from jobs.outcomes import Retry
from tests.jobs import scene
from tests.jobs.scene import INTERNAL_JOB, TEST_JOB, UNCAPPED_JOB


async def test_a_claim_is_a_running_job_with_a_fence_of_its_own(conn: Conn, org: UUID) -> None:
    submitted = await scene.submit(conn, org, args={"page": 1})
    worker = await scene.worker(conn)
    [claim] = await scene.pull(conn, worker)
    row = await scene.row(conn, submitted.job_id)
    assert claim[:7] == (org, None, submitted.job_id, "run_errand", 1, 1, 3)
    assert claim.args == {"page": 1}
    assert (row["state"], row["stage"], row["lease_owner"], row["state_version"]) == (
        "running", "starting", worker, 2,
    )  # fmt: skip
    assert row["attempt_deadline_at"] - row["attempt_started_at"] == timedelta(seconds=TEST_JOB.timeout_s)
    assert await scene.pull(conn, worker) == []


async def test_a_tenants_jobs_start_in_the_order_of_their_times(conn: Conn, org: UUID) -> None:
    await scene.add_huge_worker(conn)
    submitted = [(await scene.submit(conn, org)).job_id for _ in range(4)]
    worker = await scene.worker(conn)
    assert [(await scene.pull(conn, worker, 1))[0].id for _ in submitted] == submitted


async def test_caps_are_each_pools_own(conn: Conn, org: UUID) -> None:
    await scene.insert_due_jobs(conn, [org], 20)
    await scene.insert_due_jobs(conn, [org], 20, UNCAPPED_JOB)
    assert len(await scene.pull(conn, await scene.worker(conn), 20)) == 5
    assert len(await scene.pull(conn, await scene.worker(conn, UNCAPPED_JOB), 20, UNCAPPED_JOB)) == 20


async def test_internal_jobs_have_no_cap_and_count_in_none(conn: Conn, org: UUID) -> None:
    """One of a tenant at its cap starts too."""
    await scene.add_huge_worker(conn)
    await scene.insert_due_jobs(conn, [org], 20)
    await scene.insert_due_jobs(conn, [org], 20, INTERNAL_JOB)
    worker = await scene.worker(conn)
    claims = await scene.pull(conn, worker, 100, TEST_JOB, INTERNAL_JOB)
    assert Counter(claim.kind for claim in claims) == {"run_errand": 5, "tidy_up": 20}
    await scene.submit(conn, org, INTERNAL_JOB)
    assert [claim.kind for claim in await scene.pull(conn, worker, 1, TEST_JOB, INTERNAL_JOB)] == ["tidy_up"]


async def test_internal_and_other_jobs_of_one_tenant_take_turns(conn: Conn, org: UUID) -> None:
    await scene.insert_due_jobs(conn, [org], 10)
    await scene.insert_due_jobs(conn, [org], 10, INTERNAL_JOB)
    worker, kinds = await scene.worker(conn), []
    for _ in range(6):
        claims = await scene.pull(conn, worker, 1, TEST_JOB, INTERNAL_JOB)
        kinds += [claim.kind for claim in claims]
        await scene.settle(conn, claims)
    assert Counter(kinds) == {"run_errand": 3, "tidy_up": 3}


async def test_slots_left_by_caps_go_to_tenants_with_room(conn: Conn) -> None:
    await scene.add_huge_worker(conn)
    small, large = await scene.tenants(conn, 1), await scene.tenants(conn, 1, tier="partner")
    await scene.insert_due_jobs(conn, [*small, *large], 100)
    claims = await scene.pull(conn, await scene.worker(conn), 40)
    assert Counter(claim.organization_id for claim in claims) == {small[0]: 5, large[0]: 35}


@pytest.mark.parametrize("place", [0, 2, 4])
async def test_a_new_tenant_waits_at_most_one_round_behind_large_ones(conn: Conn, place: int) -> None:
    whales = await scene.tenants(conn, 5, tier="partner")
    late = whales.pop(place)
    await scene.insert_due_jobs(conn, whales, 500)
    worker = await scene.worker(conn)
    running = await scene.pull(conn, worker, 4)
    job = await scene.submit(conn, late)
    freed = 0
    while job.job_id not in {claim.id for claim in running}:
        await scene.settle(conn, running[:1])
        running = [*running[1:], *await scene.pull(conn, worker, 1)]
        freed += 1
    assert freed <= len(whales)


async def test_each_of_many_tenants_gets_a_job_in_each_round(conn: Conn) -> None:
    orgs = await scene.tenants(conn, 100)
    await scene.insert_due_jobs(conn, orgs, 3)
    worker, served = await scene.worker(conn), []
    for _ in range(20):
        claims = await scene.pull(conn, worker, 10)
        served += [claim.organization_id for claim in claims]
        await scene.settle(conn, claims)
    assert sorted(served[:100]) == sorted(served[100:]) == orgs


UNPULLABLE = [
    "update pool set paused = true",
    "update worker set lease_expires_at = now() - interval '1 millisecond'",
    "delete from worker",
    "update job set run_at = now() + interval '1 minute'",
    "update job set deadline_at = now() - interval '1 millisecond'",
    "update job set stage = 'scheduled'",
    "update job set kind = 'unknown'",
    "update job set pool = 'publish'",
]


async def test_a_pull_skips_unpullable_jobs(conn: Conn, org: UUID) -> None:
    submitted, worker = await scene.submit(conn, org), await scene.worker(conn)
    for change in UNPULLABLE:
        transaction = conn.transaction()
        await transaction.start()
        await conn.execute(change)
        assert await scene.pull(conn, worker) == [], change
        await transaction.rollback()
    assert [claim.id for claim in await scene.pull(conn, worker)] == [submitted.job_id]


async def test_an_unstartable_job_does_not_block_its_line(conn: Conn, org: UUID) -> None:
    first, second = await scene.submit(conn, org), await scene.submit(conn, org)
    worker = await scene.worker(conn)
    late = "deadline_at = now() - interval '1 millisecond'"
    for change in (late, "kind = 'unknown'", "stage = 'scheduled'"):
        transaction = conn.transaction()
        await transaction.start()
        await conn.execute(f"update job set {change} where id = $1", first.job_id)
        assert [claim.id for claim in await scene.pull(conn, worker)] == [second.job_id], change
        await transaction.rollback()


async def test_each_kind_has_its_own_timeout(conn: Conn, org: UUID) -> None:
    quick = TEST_JOB._replace(name="run_quick_errand", timeout_s=0.5)
    await scene.submit(conn, org, quick)
    [claim] = await scene.pull(conn, await scene.worker(conn), 10, TEST_JOB, quick)
    started = (await scene.row(conn, claim.id))["attempt_started_at"]
    assert claim.attempt_deadline_at - started == timedelta(seconds=0.5)


async def test_the_first_start_stays(conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org)
    first = await scene.row(conn, claim.id)
    await scene.settle(conn, [claim], Retry("X", "x", after_s=0))
    [again] = await scene.pull(conn, await scene.worker(conn))
    second = await scene.row(conn, claim.id)
    assert (again.fence, again.attempt) == (2, 2)
    assert second["started_at"] == first["started_at"] < second["attempt_started_at"] <= datetime.now(UTC)
