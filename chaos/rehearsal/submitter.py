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

from chaos.environment import BENCH_KEYRING
from chaos.rehearsal.load import RehearsalJobSpec
from db.pool import Conn, Pool, open_postgres_pool, run_in_transaction
from db.reach import TRANSIENT_POSTGRES_ERRORS, convert_postgres_away_errors
from domain.jobs import jobs
from domain.security.keyring import parse_keyring
from domain.tenancy import idempotency
from domain.tenancy.idempotency import IdempotencyKeyUse, StoredIdempotentAnswer
from jobs import ledger
from jobs.courier import WakeCourier, open_redis_wake_courier
from jobs.ledger import WakeMessage
from schemas.errors import IdempotentRequestInFlight, LimitReached, ObjectNotFound, StateConflict
from workers.runtime.shutdown import StopSoonOrNowRequest, wait_for_asyncio_event

T = TypeVar("T")

#: Callers of one submitter.
REHEARSAL_CALLER_COUNT = 5
#: Mean pause between a response and the caller's next request.
MEAN_CALLER_PAUSE_S = 0.3
#: Timeout of a response.
REHEARSAL_SUBMIT_TIMEOUT_S = 2.0
#: Pause before a retry.
REHEARSED_SUBMIT_RETRY_S = 0.2

#: Errors that a retry can resolve.
TRANSIENT_SUBMIT_ERRORS = (*TRANSIENT_POSTGRES_ERRORS, IdempotentRequestInFlight, LimitReached)

#: The API key of all requests.
REHEARSAL_API_KEY_ID = UUID(int=1)

REHEARSAL_VAULT_KEYRING = parse_keyring(BENCH_KEYRING, setting="VAULT_KEYS")


class RehearsalJobSubmitter:
    """`accepted` maps each Idempotency-Key with a response to its job."""

    def __init__(self, job_specs: Iterator[RehearsalJobSpec], accepted: dict[str, UUID]) -> None:
        self.job_specs, self.accepted = job_specs, accepted
        self.open_requests = 0

    async def run(self, pool: Pool, courier: WakeCourier, stop: StopSoonOrNowRequest) -> None:
        """Submit a rehearsal's jobs until `stop` is requested and each request is accepted or abandoned."""
        async with asyncio.TaskGroup() as group:
            for _ in range(REHEARSAL_CALLER_COUNT):
                group.create_task(self._run_caller(pool, courier, stop, group))

    async def _run_caller(
        self, pool: Pool, courier: WakeCourier, stop: StopSoonOrNowRequest, group: asyncio.TaskGroup
    ) -> None:
        while not stop.soon.is_set():
            job_spec = next(self.job_specs)
            self.open_requests += 1
            if job_id := await self._submit_until_answered(pool, courier, job_spec, stop):
                self.accepted[job_spec.key] = job_id
                if job_spec.cancel_after_s is not None:
                    group.create_task(_cancel_job_after_delay(pool, job_spec, job_id, stop))
            self.open_requests -= 1
            await wait_for_asyncio_event(stop.soon, within_s=random.expovariate(1 / MEAN_CALLER_PAUSE_S))

    async def _submit_until_answered(
        self, pool: Pool, courier: WakeCourier, job_spec: RehearsalJobSpec, stop: StopSoonOrNowRequest
    ) -> UUID | None:
        """Submit a job, send its wake-up, return its id. Retry until a response; None if refused, or at the end."""
        result = await retry_until_answered(
            lambda: run_in_transaction(pool, partial(submit_job_idempotently, job_spec)), stop
        )
        if result is None:
            return None
        job_id, wake = result
        if wake:
            await courier.send_or_queue_wake(wake)
        return job_id


async def submit_job_idempotently(job_spec: RehearsalJobSpec, conn: Conn) -> tuple[UUID, WakeMessage | None]:
    """Submit the job and store the response in one transaction, or return the stored response of the key.

    Return job id and wake-up, if any. Raises `LimitReached`, or `IdempotentRequestInFlight` while the key is used.
    """
    use = IdempotencyKeyUse(job_spec.tenant, REHEARSAL_API_KEY_ID, job_spec.key, fingerprint=job_spec.key.encode())
    free = await idempotency.try_to_claim_idempotency_key(conn, use)
    if free is None:
        raise IdempotentRequestInFlight
    if not free:
        answer = await idempotency.read_idempotent_answer(conn, use, keyring=REHEARSAL_VAULT_KEYRING)
        return msgspec.json.decode(answer.body, type=UUID), None
    run_at = datetime.now(UTC) + timedelta(seconds=job_spec.due_in_s) if job_spec.due_in_s else None
    submitted = await ledger.submit_job(
        conn, kind=job_spec.kind, organization_id=job_spec.tenant, project_id=None, args=job_spec.args,
        unique_key=job_spec.unique_key, run_at=run_at,
    )  # fmt: skip
    answer = StoredIdempotentAnswer(202, None, msgspec.json.encode(submitted.job_id), None)
    await idempotency.store_idempotent_answer(conn, idempotency.build_idempotency_record(use, answer, seal_with=None))
    return submitted.job_id, submitted.wake


async def retry_until_answered(ask: Callable[[], Awaitable[T]], stop: StopSoonOrNowRequest) -> T | None:
    """Repeat `ask` until it succeeds and return its result; None if refused, or once `stop.now` is set."""
    while not stop.now.is_set():
        try:
            with convert_postgres_away_errors():
                return await ask()
        except TRANSIENT_SUBMIT_ERRORS:
            await wait_for_asyncio_event(stop.now, within_s=REHEARSED_SUBMIT_RETRY_S)
        except (StateConflict, ObjectNotFound):
            return None
    return None


async def _cancel_job_after_delay(
    pool: Pool, job_spec: RehearsalJobSpec, job_id: UUID, stop: StopSoonOrNowRequest
) -> None:
    """Cancel a submitted job after its delay; ignore a job that has ended or can't be canceled."""
    await wait_for_asyncio_event(stop.soon, within_s=job_spec.cancel_after_s or 0)
    cancel = partial(jobs.request_job_cancel, organization_id=job_spec.tenant, job_id=job_id)
    await retry_until_answered(lambda: run_in_transaction(pool, cancel), stop)


@asynccontextmanager
async def open_pool_and_courier(database_url: str, redis_url: str) -> AsyncIterator[tuple[Pool, WakeCourier]]:
    """Open a submitter's Postgres pool and its courier of wake-ups to Redis while the block runs."""
    async with (
        open_postgres_pool(
            database_url,
            name="submitter",
            size=REHEARSAL_CALLER_COUNT,
            command_timeout=REHEARSAL_SUBMIT_TIMEOUT_S,
            patience_s=REHEARSAL_SUBMIT_TIMEOUT_S,
        ) as pool,
        open_redis_wake_courier(redis_url) as courier,
    ):
        yield pool, courier
