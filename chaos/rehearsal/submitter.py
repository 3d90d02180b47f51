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

from chaos.environment import KEYRING
from chaos.rehearsal.load import JobSpec
from db.pool import Conn, Pool, open_pool, transact
from db.reach import RETRIED_ERRORS, raise_if_postgres_away
from domain.jobs import jobs
from domain.security.keyring import parse_keyring
from domain.tenancy import idempotency
from domain.tenancy.idempotency import KeyUse, StoredAnswer
from jobs import ledger
from jobs.courier import Courier, open_courier
from jobs.ledger import Wake
from schemas.errors import Conflict, InFlight, Limited, NotFound
from workers.runtime.shutdown import StopRequest, wait_for_first

T = TypeVar("T")

#: Callers of one submitter.
CALLERS = 5
#: Mean pause between a response and the caller's next request.
PAUSE_S = 0.3
#: Timeout of a response.
RESPONSE_TIMEOUT_S = 2.0
#: Pause before a retry.
RETRY_PAUSE_S = 0.2

#: Errors that a retry can resolve.
TRANSIENT_ERRORS = (*RETRIED_ERRORS, InFlight, Limited)

#: The API key of all requests.
CALLER_API_KEY_ID = UUID(int=1)

VAULT = parse_keyring(KEYRING, setting="VAULT_KEYS")


class RehearsalSubmitter:
    """`accepted` maps each Idempotency-Key with a response to its job."""

    def __init__(self, job_specs: Iterator[JobSpec], accepted: dict[str, UUID]) -> None:
        self.job_specs, self.accepted = job_specs, accepted
        self.open_requests = 0

    async def run(self, pool: Pool, courier: Courier, stop: StopRequest) -> None:
        """Submit jobs until `stop` is requested and each begun request is accepted or abandoned."""
        async with asyncio.TaskGroup() as group:
            for _ in range(CALLERS):
                group.create_task(self._call(pool, courier, stop, group))

    async def _call(self, pool: Pool, courier: Courier, stop: StopRequest, group: asyncio.TaskGroup) -> None:
        while not stop.soon.is_set():
            job_spec = next(self.job_specs)
            self.open_requests += 1
            if job_id := await self._submit(pool, courier, job_spec, stop):
                self.accepted[job_spec.key] = job_id
                if job_spec.cancel_after_s is not None:
                    group.create_task(_cancel(pool, job_spec, job_id, stop))
            self.open_requests -= 1
            await wait_for_first(stop.soon, within_s=random.expovariate(1 / PAUSE_S))

    async def _submit(
        self, pool: Pool, courier: Courier, job_spec: JobSpec, stop: StopRequest
    ) -> UUID | None:
        """Retry until there is a response; return None if there was none in time."""
        result = await retry_until_answered(lambda: transact(pool, partial(submit, job_spec)), stop)
        if result is None:
            return None
        job_id, wake = result
        if wake:
            await courier.send(wake)
        return job_id


async def submit(job_spec: JobSpec, conn: Conn) -> tuple[UUID, Wake | None]:
    """Submit the job and store the response in one transaction, or return the stored response of the key.

    Return the job id and the wake-up to send, if any. Raises `InFlight` while the key is in use.
    """
    use = KeyUse(job_spec.tenant, CALLER_API_KEY_ID, job_spec.key, fingerprint=job_spec.key.encode())
    free = await idempotency.claim(conn, use)
    if free is None:
        raise InFlight
    if not free:
        answer = await idempotency.replay(conn, use, keyring=VAULT)
        return msgspec.json.decode(answer.body, type=UUID), None
    run_at = datetime.now(UTC) + timedelta(seconds=job_spec.due_in_s) if job_spec.due_in_s else None
    submitted = await ledger.submit(
        conn, kind=job_spec.kind, organization_id=job_spec.tenant, project_id=None, args=job_spec.args,
        unique_key=job_spec.unique_key, run_at=run_at,
    )  # fmt: skip
    answer = StoredAnswer(202, None, msgspec.json.encode(submitted.job_id), None)
    await idempotency.store(conn, idempotency.fill(use, answer, seal_with=None))
    return submitted.job_id, submitted.wake


async def retry_until_answered(ask: Callable[[], Awaitable[T]], stop: StopRequest) -> T | None:
    """Repeat `ask` until it succeeds; return None if it is refused, or once `stop.now` is set."""
    while not stop.now.is_set():
        try:
            with raise_if_postgres_away():
                return await ask()
        except TRANSIENT_ERRORS:
            await wait_for_first(stop.now, within_s=RETRY_PAUSE_S)
        except (Conflict, NotFound):
            return None
    return None


async def _cancel(pool: Pool, job_spec: JobSpec, job_id: UUID, stop: StopRequest) -> None:
    """Cancel the job after a while; ignore a job that has ended or can't be canceled."""
    await wait_for_first(stop.soon, within_s=job_spec.cancel_after_s or 0)
    cancel = partial(jobs.cancel, organization_id=job_spec.tenant, job_id=job_id)
    await retry_until_answered(lambda: transact(pool, cancel), stop)


@asynccontextmanager
async def open_connections(database_url: str, redis_url: str) -> AsyncIterator[tuple[Pool, Courier]]:
    """Open a submitter's Postgres pool and its courier of wake-ups to Redis while the block runs."""
    async with (
        open_pool(
            database_url,
            name="submitter",
            size=CALLERS,
            command_timeout=RESPONSE_TIMEOUT_S,
            patience_s=RESPONSE_TIMEOUT_S,
        ) as pool,
        open_courier(redis_url) as courier,
    ):
        yield pool, courier
