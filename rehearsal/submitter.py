"""Submitter: simulates an API process and its callers, over connections that faults can cut.

It repeats a request under its Idempotency-Key until it gets a response, so each job is accepted once.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

import msgspec

from bench.environment import KEYRING
from db.pool import Conn, Pool, open_pool, transact
from db.reach import PASSING, reaching
from domain.jobs import jobs
from domain.security.keyring import parse_keyring
from domain.tenancy import idempotency
from domain.tenancy.idempotency import KeyUse, StoredAnswer
from jobs import ledger
from jobs.courier import Courier, open_courier
from jobs.ledger import Wake
from rehearsal.load import Errand
from schemas.errors import Conflict, InFlight, Limited, NotFound
from workers.runtime.shutdown import Stop, first_of

T = TypeVar("T")

#: Callers of one submitter; mean seconds between a response and the caller's next request.
CALLERS, PAUSE_S = 5, 0.3
#: Timeout of a response, and pause before a retry, in seconds.
PATIENCE_S, AGAIN_S = 2.0, 0.2

#: Errors that a retry can resolve.
BUSY = (*PASSING, InFlight, Limited)

#: The API key of all requests.
CALLER = UUID(int=1)

VAULT = parse_keyring(KEYRING, setting="VAULT_KEYS")


class Submitter:
    """`accepted` maps each Idempotency-Key with a response to its job."""

    def __init__(self, errands: Iterator[Errand], accepted: dict[str, UUID]) -> None:
        self.errands, self.accepted = errands, accepted
        self.asking = 0

    async def run(self, pool: Pool, courier: Courier, stop: Stop) -> None:
        """Submit jobs until `stop` is requested and each begun request is accepted or abandoned."""
        async with asyncio.TaskGroup() as group:
            for _ in range(CALLERS):
                group.create_task(self._call(pool, courier, stop, group))

    async def _call(self, pool: Pool, courier: Courier, stop: Stop, group: asyncio.TaskGroup) -> None:
        while not stop.soon.is_set():
            errand = next(self.errands)
            self.asking += 1
            if job_id := await self._answer(pool, courier, errand, stop):
                self.accepted[errand.key] = job_id
                if errand.cancel_after_s is not None:
                    group.create_task(_cancel(pool, errand, job_id, stop))
            self.asking -= 1
            await first_of(stop.soon, within_s=random.expovariate(1 / PAUSE_S))

    async def _answer(self, pool: Pool, courier: Courier, errand: Errand, stop: Stop) -> UUID | None:
        """Retry until there is a response; return None if there was none in time."""
        asked = await until_answered(lambda: transact(pool, partial(submit, errand)), stop)
        if asked is None:
            return None
        job_id, wake = asked
        if wake:
            await courier.send(wake)
        return job_id


async def submit(errand: Errand, conn: Conn) -> tuple[UUID, Wake | None]:
    """Submit the job and store the response in one transaction, or return the stored response of the key."""
    use = KeyUse(errand.tenant, CALLER, errand.key, fingerprint=errand.key.encode())
    free = await idempotency.claim(conn, use)
    if free is None:
        raise InFlight
    if not free:
        answer = await idempotency.replay(conn, use, keyring=VAULT)
        return msgspec.json.decode(answer.body, type=UUID), None
    run_at = datetime.now(UTC) + timedelta(seconds=errand.due_in_s) if errand.due_in_s else None
    made = await ledger.submit(
        conn, kind=errand.kind, organization_id=errand.tenant, project_id=None, args=errand.args,
        unique_key=errand.unique_key, run_at=run_at,
    )  # fmt: skip
    answer = StoredAnswer(202, None, msgspec.json.encode(made.job_id), None)
    await idempotency.store(conn, idempotency.fill(use, answer, seal_with=None))
    return made.job_id, made.wake


async def until_answered(ask: Callable[[], Awaitable[T]], stop: Stop) -> T | None:
    """Repeat `ask` until it succeeds; return None if it is refused, or once `stop.now` is set."""
    while not stop.now.is_set():
        try:
            with reaching():
                return await ask()
        except BUSY:
            await first_of(stop.now, within_s=AGAIN_S)
        except (Conflict, NotFound):
            return None
    return None


async def _cancel(pool: Pool, errand: Errand, job_id: UUID, stop: Stop) -> None:
    """Cancel the job after a while; ignore a job that has ended or can't be canceled."""
    await first_of(stop.soon, within_s=errand.cancel_after_s or 0)
    cancel = partial(jobs.cancel, organization_id=errand.tenant, job_id=job_id)
    await until_answered(lambda: transact(pool, cancel), stop)


@asynccontextmanager
async def connected(database_url: str, redis_url: str) -> AsyncIterator[tuple[Pool, Courier]]:
    """Open a submitter's connections."""
    async with (
        open_pool(
            database_url, name="submitter", size=CALLERS, command_timeout=PATIENCE_S, patience_s=PATIENCE_S
        ) as pool,
        open_courier(redis_url) as courier,
    ):
        yield pool, courier
