"""Resting lines: blocked queues cost a pull nothing, no rest hides a startable job, and newcomers are first."""

import random
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool
from jobs import ledger
from jobs.kinds import JobKindSpec
from jobs.ledger import JobClaim
from tests import plans
from tests.jobs import scene
from tests.jobs.scene import TEST_JOB, UNCAPPED_JOB

pytestmark = pytest.mark.fresh

#: Most rows that an unobstructed pull of ten reads.
FEW = 200

UNKNOWN = TEST_JOB._replace(name="run_strange_errand")

#: Lets lines at their cap rest, as a pull does once many are.
REST = """
update queued_kind l
   set rest_until = now() + interval '2 seconds'
  from job j
 where j.organization_id = l.organization_id
   and j.state = 'running'"""

OVER_CAP = """
select count(*)
  from (select from job where state = 'running' group by organization_id having count(*) > 1) over_cap"""


@pytest_asyncio.fixture
async def narrow(conn: Conn) -> AsyncIterator[None]:
    """Allow each tenant one running job in a pool with caps, far from its share."""
    await conn.execute("update pool_cap set max_running = 1")
    await scene.add_huge_worker(conn)
    yield


async def end_rests(conn: Conn) -> None:
    """Let the time of all rests and notes pass."""
    await conn.execute("update queued_kind set rest_until = '-infinity' where rest_until is not null")
    await conn.execute("update queued_kind set read_from_until = '-infinity'")
    await conn.execute("update pool set rest_until = '-infinity'")


async def extend_rests(conn: Conn) -> None:
    """Make rests and notes last: by themselves they end in two seconds, too soon for a loaded machine."""
    await conn.execute("update queued_kind set rest_until = 'infinity' where rest_until is not null")
    await conn.execute("update queued_kind set read_from_until = 'infinity' where read_from_until > '-infinity'")


async def rows_read(session: Conn, worker: UUID, kind: JobKindSpec = TEST_JOB) -> tuple[list[JobClaim], int]:
    """Pull twice; return the second pull's claims and the rows that it read. The first one lets lines rest."""
    await scene.pull(session, worker, 10, kind)
    await extend_rests(session)
    async with plans.reading(session, "job") as found:
        claims = await scene.pull(session, worker, 10, kind)
    return claims, found.rows


async def at_their_cap(conn: Conn, count: int) -> tuple[list[UUID], list[JobClaim]]:
    """Return tenants at their cap, with more waiting jobs, and their claims."""
    orgs = await scene.tenants(conn, count)
    await scene.insert_due_jobs(conn, orgs, 3)
    worker = await scene.worker(conn)
    claims: list[JobClaim] = []
    while more := await scene.pull(conn, worker, 400):
        claims += more
    assert len(claims) == count
    return orgs, claims


@pytest.mark.usefixtures("narrow")
async def test_tenants_at_their_cap_cost_a_pull_nothing(pool: Pool, conn: Conn) -> None:
    await at_their_cap(conn, 700)
    await scene.insert_due_jobs(conn, await scene.tenants(conn, 30), 2)
    async with pool.acquire() as session:
        claims, rows = await rows_read(session, await scene.worker(conn))
    assert len(claims) == 10
    assert rows < FEW


async def test_jobs_of_an_unknown_kind_cost_a_pull_nothing(pool: Pool, conn: Conn) -> None:
    await scene.add_huge_worker(conn)
    orgs = await scene.tenants(conn, 40)
    await scene.insert_due_jobs(conn, orgs, 100, UNKNOWN)
    await scene.insert_due_jobs(conn, orgs[::2], 4)  # Behind them in the same queues.
    async with pool.acquire() as session:
        worker = await scene.worker(conn)
        for _ in range(2):  # The rotor turns once.
            assert len(await scene.pull(session, worker)) == 10
            await extend_rests(conn)
        claims, rows = await rows_read(session, worker)
    assert len(claims) == 10
    assert rows < FEW


async def test_dead_rows_that_a_snapshot_keeps_cost_little(pool: Pool, conn: Conn) -> None:
    await scene.insert_due_jobs(conn, await scene.tenants(conn, 20), 250, UNCAPPED_JOB)
    worker = await scene.worker(conn, UNCAPPED_JOB, lease_s=600)
    async with pool.acquire() as dump, dump.transaction(isolation="repeatable_read"):
        await dump.execute("select set_config('idle_in_transaction_session_timeout', '0', true)")
        for _ in range(40):
            await scene.settle(conn, await scene.pull(conn, worker, 100, UNCAPPED_JOB))
        await end_rests(conn)
        await scene.settle(conn, await scene.pull(conn, worker, 100, UNCAPPED_JOB))
        async with pool.acquire() as session:
            claims, rows = await rows_read(session, worker, UNCAPPED_JOB)
    assert len(claims) == 10
    assert rows < FEW


@pytest.mark.usefixtures("narrow")
async def test_a_change_without_a_wake_is_found_when_the_rest_has_ended(conn: Conn) -> None:
    _, claims = await at_their_cap(conn, 20)
    await extend_rests(conn)
    await scene.settle(conn, claims[5:6])
    worker = await scene.worker(conn)
    assert await scene.pull(conn, worker) == []
    await end_rests(conn)
    [claim] = await scene.pull(conn, worker)
    assert claim.organization_id == claims[5].organization_id


async def test_a_burst_after_a_quiet_moment_fills_each_pull(conn: Conn) -> None:
    """No closed line hides a queue's first job, or the jobs behind it."""
    [first, *orgs], worker = await scene.tenants(conn, 31), await scene.worker(conn)
    await scene.settle(conn, [await scene.start_job(conn, first)])
    for org in orgs:
        for internal in (False, True):
            kind = TEST_JOB._replace(internal=internal)
            for _ in range(2):
                await scene.submit(conn, org, kind)
    await scene.add_huge_worker(conn)
    assert [len(await scene.pull(conn, worker)) for _ in range(12)] == [10] * 12


@pytest.mark.parametrize("place", [0, 75, 149])
async def test_a_newcomer_is_pulled_before_waiting_tenants(conn: Conn, place: int) -> None:
    orgs = await scene.tenants(conn, 150)
    await scene.insert_due_jobs(conn, [org for org in orgs if org != orgs[place]], 5, UNCAPPED_JOB)
    worker = await scene.worker(conn, UNCAPPED_JOB)
    await scene.pull(conn, worker, 10, UNCAPPED_JOB)
    job = await scene.submit(conn, orgs[place], UNCAPPED_JOB)
    claims = await scene.pull(conn, worker, 4, UNCAPPED_JOB)
    assert job.job_id in {claim.id for claim in claims}
    assert len(claims) == 4


async def test_newcomers_leave_three_in_four_slots_to_waiting_tenants(conn: Conn) -> None:
    await scene.insert_due_jobs(conn, await scene.tenants(conn, 150), 5, UNCAPPED_JOB)
    worker = await scene.worker(conn, UNCAPPED_JOB)
    await scene.pull(conn, worker, 10, UNCAPPED_JOB)
    newcomers = await scene.tenants(conn, 40)
    for org in newcomers:
        await scene.submit(conn, org, UNCAPPED_JOB)
    claims = await scene.pull(conn, worker, 20, UNCAPPED_JOB)
    assert len(claims) == 20
    assert 5 <= sum(claim.organization_id in set(newcomers) for claim in claims) < 12


@pytest.mark.usefixtures("narrow")
async def test_a_clock_set_back_hides_no_running_job(conn: Conn, org: UUID) -> None:
    await scene.insert_due_jobs(conn, [org], 3)
    worker = await scene.worker(conn)
    ahead = await conn.fetchval(
        "update pool set busy_since = now() + interval '1 hour' where name = 'ingest' returning busy_since"
    )
    [claim] = await scene.pull(conn, worker)
    assert (await scene.row(conn, claim.id))["attempt_started_at"] >= ahead
    assert await scene.pull(conn, worker) == []


class TwoWorkers:
    """Two workers and their jobs. One of them lacks some kinds."""

    def __init__(self, conn: Conn, workers: Sequence[UUID]) -> None:
        self.conn, self.workers = conn, workers
        self.kinds: list[list[JobKindSpec]] = [[TEST_JOB], [TEST_JOB, UNKNOWN]]
        self.running: list[list[JobClaim]] = [[], []]
        self.freed: list[set[UUID]] = [set(), set()]

    async def pull(self, which: int, free: int) -> int:
        claims = await ledger.claim_due_jobs(
            self.conn, pool="ingest", worker_id=self.workers[which], free=free, kinds=self.kinds[which],
            freed=[*self.freed[which]],
        )  # fmt: skip
        self.freed[which] = set()
        self.running[which] += claims
        return len(claims)

    async def end(self, which: int, count: int) -> None:
        ended, self.running[which] = self.running[which][:count], self.running[which][count:]
        await scene.settle(self.conn, ended)
        self.freed[which] |= {claim.organization_id for claim in ended}


async def do_random_action(fleet: TwoWorkers, orgs: Sequence[UUID], dice: random.Random) -> None:
    """Do one random action."""
    which = dice.randrange(2)
    match dice.choice(["submit", "submit", "pull", "end", "rest"]):
        case "submit":
            await scene.submit(fleet.conn, dice.choice(orgs), dice.choice([TEST_JOB, UNKNOWN]))
        case "pull":
            await fleet.pull(which, dice.randint(1, 6))
        case "end":
            await fleet.end(which, dice.randint(1, 4))
        case "rest":
            await fleet.conn.execute(REST)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("seed", range(6))
async def test_rests_hide_nothing_that_can_start_and_break_no_cap(conn: Conn, seed: int) -> None:
    """At the end each worker has the same jobs as without rests."""
    dice, orgs = random.Random(seed), await scene.tenants(conn, 16)
    fleet = TwoWorkers(conn, [await scene.worker(conn), await scene.worker(conn)])
    for _ in range(150):
        await do_random_action(fleet, orgs, dice)
        assert await conn.fetchval(OVER_CAP) == 0
    for _ in range(2):  # In the first round each worker reports the ends of the other's kinds.
        while sum([await fleet.pull(which, 10) for which in (1, 0)]):
            pass
    await end_rests(conn)
    assert [await fleet.pull(which, 10) for which in (1, 0)] == [0, 0]


async def test_newcomers_do_not_turn_the_rotor(conn: Conn) -> None:
    """A tenant with one job at a time, and pulls of one slot: each waiting tenant still gets its turn."""
    busy, *orgs = await scene.tenants(conn, 41)
    await scene.insert_due_jobs(conn, orgs, 5, UNCAPPED_JOB)
    worker, served = await scene.worker(conn, UNCAPPED_JOB), set[UUID]()
    for _ in range(120):
        await scene.submit(conn, busy, UNCAPPED_JOB)
        claims = await scene.pull(conn, worker, 1, UNCAPPED_JOB)
        served |= {claim.organization_id for claim in claims}
        await scene.settle(conn, claims)
    assert served == {busy, *orgs}
