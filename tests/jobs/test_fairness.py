"""Fair shares: free slots go to the tenants that hold least, and a pull reads no more rows than needed."""

import random
from collections import Counter
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.tenancy import organizations
from jobs import ledger
from jobs.ledger import JobClaim
from tests import plans
from tests.jobs import scene
from tests.jobs.scene import INTERNAL_JOB, UNCAPPED_JOB

pytestmark = pytest.mark.fresh

FREE_INTERNAL = INTERNAL_JOB._replace(pool="default")

#: Most lines with room that a pull visits, if fewer slots are free.
LINES = 32


class TenantPairs:
    """Live organizations, each with its sandbox, and their jobs on a worker."""

    def __init__(self, conn: Conn, worker: UUID) -> None:
        self.conn, self.worker = conn, worker
        self.tenant_of: dict[UUID, UUID] = {}
        self.running: list[JobClaim] = []

    async def make(self, count: int) -> None:
        for _ in range(count):
            pair = await organizations.insert_organization_pair(self.conn, name="Acme", tier="partner")
            self.tenant_of |= {pair.live: pair.live, pair.sandbox: pair.live}

    async def fill(self, dice: random.Random) -> None:
        """Add a few jobs to some lines; never more than `LINES` of them wait."""
        for kind in (UNCAPPED_JOB, FREE_INTERNAL):
            most = min(LINES // 2, len(self.tenant_of))
            for org in dice.sample([*self.tenant_of], k=dice.randint(0, most)):
                await scene.insert_due_jobs(self.conn, [org], dice.randint(1, 4), kind)

    async def pull(self, free: int, turn: int) -> list[JobClaim]:
        """Pull up to `free` jobs in turns of `turn`."""
        kinds = [UNCAPPED_JOB, FREE_INTERNAL]
        claims = await ledger.claim_due_jobs(
            self.conn, pool="default", worker_id=self.worker, free=free, kinds=kinds, turns=[turn, turn]
        )
        self.running += claims
        return claims

    async def end(self, dice: random.Random) -> None:
        dice.shuffle(self.running)
        count = dice.randint(0, len(self.running))
        await scene.settle(self.conn, self.running[:count])
        del self.running[:count]

    async def waiting(self) -> set[UUID]:
        rows = await self.conn.fetch("select distinct organization_id from job where state = 'queued'")
        return {self.tenant_of[row["organization_id"]] for row in rows}

    def held(self) -> Counter[UUID]:
        return Counter(self.tenant_of[claim.organization_id] for claim in self.running)


@pytest.mark.parametrize("turn", [1, 3])
@pytest.mark.parametrize("seed", range(6))
async def test_the_tenant_that_gets_a_slot_holds_no_more_turns_than_any_waiting_one(
    conn: Conn, seed: int, turn: int
) -> None:
    """Compares without the claimed job itself: slots fill like water. At most `LINES` lines wait."""
    dice = random.Random(seed)
    pairs = TenantPairs(conn, await scene.worker(conn, UNCAPPED_JOB, slots=1_000))
    await pairs.make(dice.choice([2, 5, 16]))
    for _ in range(12):
        await conn.execute("delete from job where state = 'queued'")
        await pairs.fill(dice)
        queued = await conn.fetchval("select count(*) from job where state = 'queued'")
        free = dice.randint(1, 24)
        claims = await pairs.pull(free, turn)
        assert len(claims) == min(free, queued)
        held = pairs.held()
        served = [held[pairs.tenant_of[claim.organization_id]] for claim in claims]
        left = [held[tenant] for tenant in await pairs.waiting()]
        assert not served or not left or (max(served) - 1) // turn <= min(left) // turn
        await pairs.end(dice)


async def count_pull_rows(pool: Pool, worker: UUID) -> int:
    """Return the rows that a pull of ten reads with a cached plan."""
    async with pool.acquire() as session:
        await scene.settle(session, await scene.pull(session, worker, 10, UNCAPPED_JOB))
        async with plans.reading(session, "job") as found:
            assert len(await scene.pull(session, worker, 10, UNCAPPED_JOB)) == 10
    return found.rows


async def test_lines_of_equal_tenants_are_read_only_to_their_share(pool: Pool, conn: Conn) -> None:
    await scene.insert_due_jobs(conn, await scene.tenants(conn, 2 * LINES), 50, UNCAPPED_JOB)
    worker = await scene.worker(conn, UNCAPPED_JOB)
    assert len(await scene.pull(conn, worker, 4 * LINES, UNCAPPED_JOB)) == 4 * LINES
    assert await count_pull_rows(pool, worker) <= 7 * LINES


async def test_a_pull_stops_after_as_many_idle_tenants_as_free_slots(pool: Pool, conn: Conn) -> None:
    await scene.insert_due_jobs(conn, await scene.tenants(conn, 2 * LINES), 50, UNCAPPED_JOB)
    assert await count_pull_rows(pool, await scene.worker(conn, UNCAPPED_JOB)) <= 5 * 11
