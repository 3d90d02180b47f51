"""The number of jobs in a tenant's turn follows the time that jobs hold their slots."""

import pytest

from jobs.ledger import JobClaim
from schemas import ids
from tests import seeds
from tests.jobs import scene
from workers.runtime.slots import MAX_JOBS_PER_TENANT_TURN, JobAttempt, WorkerSlots


@pytest.mark.parametrize(("run_s", "jobs"), [(0.0, MAX_JOBS_PER_TENANT_TURN), (0.002, 5), (0.01, 1), (30.0, 1)])
async def test_short_jobs_take_turns_of_several(run_s: float, jobs: int) -> None:
    slots = WorkerSlots(1)
    org, job_id = ids.new_uuid7(), ids.new_uuid7()
    claim = JobClaim(org, None, job_id, scene.TEST_JOB.name, 1, 1, 3, {}, seeds.NOW)
    for _ in range(200):
        attempt = JobAttempt(claim, ends_at=60.0)
        slots.add_attempt(attempt)
        slots.remove_attempt(attempt, run_s=run_s)
    assert slots.count_jobs_per_tenant_turn(scene.TEST_JOB.name) == jobs


async def test_jobs_of_an_unmeasured_kind_take_turns_one_by_one() -> None:
    assert WorkerSlots(1).count_jobs_per_tenant_turn(scene.TEST_JOB.name) == 1
