"""Reserved slots: however busy the tenants are, a newcomer finds a free slot."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Conn
from domain.tenancy import organizations
from jobs import ledger
from jobs.kinds import JobKindSpec
from jobs.ledger import JobClaim
from tests.jobs import scene
from tests.jobs.scene import INTERNAL_JOB, TEST_JOB, UNCAPPED_JOB

#: Slots of the workers of `scene`.
SLOTS = 10


async def pull_all(conn: Conn, worker: UUID, kinds: Sequence[JobKindSpec] = (TEST_JOB, INTERNAL_JOB)) -> list[JobClaim]:
    """Pull until a pull is empty; return the claims of an otherwise idle worker."""
    held: list[JobClaim] = []
    while claims := await scene.pull(conn, worker, SLOTS - len(held), *kinds):
        held += claims
    return held


@pytest.mark.parametrize(("hogs", "left"), [(1, 5), (2, 3), (3, 2), (9, 1)])
async def test_a_newcomer_starts_next_to_busy_tenants(conn: Conn, hogs: int, left: int) -> None:
    worker = await scene.worker(conn)
    await scene.insert_due_jobs(conn, await scene.tenants(conn, hogs, tier="partner"), 100)
    held = await pull_all(conn, worker)
    assert SLOTS - len(held) == left
    [newcomer] = await scene.tenants(conn)
    job = await scene.submit(conn, newcomer)
    assert job.job_id in {claim.id for claim in await scene.pull(conn, worker, left)}


async def test_a_pull_visits_further_tenants_where_caps_cut_turns_short(conn: Conn) -> None:
    """Fills as many slots with turns of 16 jobs, of which a cap lets 5 start, as with turns of one job."""
    worker = await scene.worker(conn, slots=100)
    await scene.insert_due_jobs(conn, await scene.tenants(conn, 40), 10)
    claims = await ledger.claim_due_jobs(
        conn, pool=TEST_JOB.pool, worker_id=worker, free=100, kinds=[TEST_JOB], turns=[16]
    )
    assert len(claims) >= 90


@pytest.mark.parametrize("pool_name", ["default", "generate"])
async def test_a_pool_that_calls_no_remote_server_keeps_nothing_free(conn: Conn, pool_name: str) -> None:
    """Gives one tenant all slots: each is free again soon, and then a newcomer's job goes first."""
    errand = UNCAPPED_JOB._replace(pool=pool_name)
    worker = await scene.worker(conn, errand)
    [hog, newcomer] = await scene.tenants(conn, 2, tier="partner")
    await scene.insert_due_jobs(conn, [hog], 100, errand)
    held = await pull_all(conn, worker, [errand])
    assert len(held) == SLOTS
    job = await scene.submit(conn, newcomer, errand)
    await scene.settle(conn, held[:1])
    assert [claim.id for claim in await scene.pull(conn, worker, 1, errand)] == [job.job_id]


async def test_a_new_pool_keeps_nothing_free_and_runs_nothing_of_a_suspended_organization(conn: Conn) -> None:
    errand = TEST_JOB._replace(name="run_new_errand", pool="new")
    worker = await scene.worker(conn, errand)
    orgs = await scene.tenants(conn, 2)
    await conn.execute("update organization set tier = 'suspended', resumes_as = tier where id = $1", orgs[0])
    await scene.insert_due_jobs(conn, orgs, 20, errand)
    held = await pull_all(conn, worker, [errand])
    assert [claim.organization_id for claim in held] == [orgs[1]] * SLOTS


async def test_each_pool_but_default_runs_nothing_of_a_suspended_organization(conn: Conn) -> None:
    await scene.worker(conn, TEST_JOB._replace(pool="new"))
    names = await conn.fetch(
        """select name from pool
            where not exists (select from pool_cap c
                               where c.pool = name and c.tier = 'suspended' and c.max_running = 0)"""
    )
    assert [row["name"] for row in names] == ["default"]


class TenantJobs(NamedTuple):
    """Jobs of a tenant; some end before the next pull of one of the workers."""

    tenant: int
    jobs: int
    internal: bool
    ended: int
    worker: int


ARRIVALS = st.lists(
    st.builds(
        TenantJobs,
        tenant=st.integers(0, 5),
        jobs=st.integers(0, 6),
        internal=st.booleans(),
        ended=st.integers(0, 3),
        worker=st.integers(0, 1),
    ),
    min_size=3,
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals=ARRIVALS)
async def test_share_holds_and_no_usable_slot_is_idle(conn: Conn, arrivals: list[TenantJobs]) -> None:
    """After each pull no tenant exceeds its share, and no tenant below its share waits."""
    await delete_rows(conn)
    pairs = [await organizations.insert_organization_pair(conn, name="Acme", tier="partner") for _ in range(3)]
    orgs = [org for pair in pairs for org in (pair.live, pair.sandbox)]
    tenant_of = {org: pair.live for pair in pairs for org in (pair.live, pair.sandbox)}
    workers = [await scene.worker(conn) for _ in range(2)]
    running: dict[UUID, list[JobClaim]] = {worker: [] for worker in workers}
    for arrival in arrivals:
        worker = workers[arrival.worker]
        await scene.settle(conn, running[worker][: arrival.ended])
        running[worker] = running[worker][arrival.ended :]
        kind = INTERNAL_JOB if arrival.internal else TEST_JOB
        await scene.insert_due_jobs(conn, [orgs[arrival.tenant]], arrival.jobs, kind)
        claims = await scene.pull(conn, worker, SLOTS - len(running[worker]), TEST_JOB, INTERNAL_JOB)
        running[worker] += claims
        free = SLOTS - len(running[worker])
        held = Counter(tenant_of[claim.organization_id] for mine in running.values() for claim in mine)
        for tenant in {tenant_of[claim.organization_id] for claim in claims}:
            assert is_within_share(held[tenant] - 1, free + 1)
        assert not [org for org in await list_waiting(conn) if free and is_within_share(held[tenant_of[org]], free)]


async def delete_rows(conn: Conn) -> None:
    """Delete the last example's rows."""
    await conn.execute("truncate job, worker, queued_kind cascade")


def is_within_share(held: int, free: int) -> bool:
    """Return whether a tenant with `held` slots of two workers may have one of a worker's `free` slots."""
    return held / (2 * SLOTS) < free / SLOTS


async def list_waiting(conn: Conn) -> list[UUID]:
    """Return the organizations with a waiting job within their cap."""
    rows = await conn.fetch(
        """select distinct w.organization_id as org from job w join organization o on o.id = w.organization_id
            where w.state = 'queued' and (w.internal or (
                    select count(*) from job r
                     where r.organization_id = w.organization_id and r.state = 'running' and not r.internal)
                  < (select max_running from pool_cap c where c.tier = o.tier and c.pool = w.pool))"""
    )
    return [row["org"] for row in rows]
