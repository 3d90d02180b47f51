"""Deliveries of one endpoint, up to four at a time, while some are due and the time slice lasts.

Each delivery is marked before its attempt: from then on the receiver may have it. A job that dies after that
leaves it marked, and the endpoint's next job sends it again with the same id. Until a receiver has accepted a
delivery, and after a failure, it gets one at a time. A job that waits for it yields its slot. So hanging
receivers leave slots for others.
"""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import httpx

from db.pool import Conn
from domain.security.keyring import Keyring
from domain.webhooks import attempts
from domain.webhooks.attempts import (
    INTERNAL_WEBHOOK_FAILURE_CODE,
    FinishedWebhookAttempt,
    NextDeliveryStatus,
    OutgoingWebhookDelivery,
    TakenWebhookDelivery,
    WebhookEndpointStateRow,
)
from domain.webhooks.delivery_jobs import webhook_endpoint_id_of_claim
from jobs.outcomes import Done, TaskOutcome
from schemas import ids
from telemetry import logs, metrics
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask
from workers.webhooks import signing
from workers.webhooks.sending import open_webhook_client, send_webhook

#: Concurrent deliveries to one endpoint.
MAX_CONCURRENT_WEBHOOKS_PER_ENDPOINT = 4
#: Concurrent deliveries before the job's first success, and after a failure.
INITIAL_CONCURRENT_WEBHOOKS_PER_ENDPOINT = 1
#: Time slice: seconds in which a job begins deliveries. Another job follows for the rest, behind other
#: tenants.
WEBHOOK_DELIVERY_TIME_SLICE_S = 2.0
#: Seconds without a response after which a job yields its slot until the next one.
WEBHOOK_DELIVERY_SLOT_YIELD_AFTER_S = 0.1
#: Seconds within which responses are stored together.
WEBHOOK_RESULT_BATCH_WINDOW_S = 0.005

_log = logs.get_logger("webhooks")


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    client = await resources.open_resource(open_webhook_client)
    public_url = resources.settings.public_url
    return partial(deliver_webhook, client=client, keyring=resources.keyring, public_url=public_url)


async def deliver_webhook(
    ctx: TaskContext, *, client: httpx.AsyncClient, keyring: Keyring, public_url: str
) -> TaskOutcome:
    spell = WebhookDeliveryJobAttempt(
        ctx, client, partial(attempts.take_due_webhook_deliveries, keyring=keyring, public_url=public_url)
    )
    endpoint = await spell.requeue_dead_attempt_and_read_endpoint()
    if endpoint.is_disabled_or_deleted:
        await spell.end_all_open_deliveries_for_good()
    elif endpoint.accepts_deliveries:
        await spell.send_due_deliveries()
    return Done()


class WebhookDeliveryJobAttempt:
    """One attempt of the job: its time slice. `_sends` are the deliveries under way."""

    def __init__(
        self, ctx: TaskContext, client: httpx.AsyncClient, take: Callable[..., Awaitable[list[OutgoingWebhookDelivery]]]
    ) -> None:
        self._ctx, self._client, self._take = ctx, client, take
        self._org, self._endpoint_id = ctx.job.organization_id, webhook_endpoint_id_of_claim(ctx.job)
        self._slice_ends_at = asyncio.get_running_loop().time() + WEBHOOK_DELIVERY_TIME_SLICE_S
        self._sends: set[asyncio.Task[FinishedWebhookAttempt]] = set()
        self._failing = True

    async def requeue_dead_attempt_and_read_endpoint(self) -> WebhookEndpointStateRow:
        """Put deliveries that a dead attempt left marked back into the queue; return the endpoint's state."""

        async def opened(conn: Conn) -> WebhookEndpointStateRow:
            await attempts.requeue_unsettled_webhook_deliveries(conn, claim=self._ctx.job)
            return await attempts.read_endpoint_state(conn, claim=self._ctx.job)

        endpoint = await self._ctx.step(opened)
        self._failing = endpoint.failing
        return endpoint

    async def end_all_open_deliveries_for_good(self) -> None:
        while await self._ctx.step(partial(attempts.abandon_deliveries, claim=self._ctx.job)):
            pass

    async def send_due_deliveries(self) -> None:
        """Send a webhook endpoint's due deliveries, several at once, until none is due or the time slice is over.

        If the job is stopped, cancel the deliveries under way.
        """
        results, concurrency = list[FinishedWebhookAttempt](), INITIAL_CONCURRENT_WEBHOOKS_PER_ENDPOINT
        try:
            while True:
                if results:
                    concurrency = (
                        MAX_CONCURRENT_WEBHOOKS_PER_ENDPOINT
                        if results[-1].code is None
                        else INITIAL_CONCURRENT_WEBHOOKS_PER_ENDPOINT
                    )
                for delivery in await self._settle_and_take_deliveries(results, concurrency - len(self._sends)):
                    self._sends.add(asyncio.create_task(self._send_delivery_without_raising(delivery)))
                if not self._sends:
                    return
                results = await self._wait_for_results()
        finally:
            await cancel_running_webhook_sends(self._sends)

    async def _settle_and_take_deliveries(
        self, results: Sequence[FinishedWebhookAttempt], free: int
    ) -> list[OutgoingWebhookDelivery]:
        """Store the results of ended deliveries and take at most `free` due ones, in one transaction.

        Returns the taken deliveries, none once the time slice is over.
        """
        in_time = asyncio.get_running_loop().time() < self._slice_ends_at
        next_states: list[NextDeliveryStatus] = []

        async def exchanged(conn: Conn) -> list[OutgoingWebhookDelivery]:
            if results:
                settle = partial(attempts.settle_webhook_attempts, conn, claim=self._ctx.job, tried=results)
                next_states[:] = await settle(failing=self._failing)
            if free <= 0 or not in_time:
                return []
            return await self._take(conn, claim=self._ctx.job, limit=free)

        deliveries = await self._ctx.step(exchanged)
        if results:
            succeeded = any(result.code is None for result in results)
            self._failing = any(result.is_receiver_failure for result in results) or (self._failing and not succeeded)
        self._count_and_log_results(results, next_states)
        return deliveries

    async def _wait_for_results(self) -> list[FinishedWebhookAttempt]:
        """Wait for a webhook delivery under way to end; return its result with those that end right after.

        If none ends within `WEBHOOK_DELIVERY_SLOT_YIELD_AFTER_S`, yield the worker's slot for the rest of the wait.
        """
        any_of = partial(asyncio.wait, self._sends, return_when=asyncio.FIRST_COMPLETED)
        done, pending = await any_of(timeout=WEBHOOK_DELIVERY_SLOT_YIELD_AFTER_S)
        if not done:
            with self._ctx.yield_worker_slot():
                done, pending = await any_of()
        if pending:
            # One transaction for all of them costs as much as one for each.
            done |= (await asyncio.wait(pending, timeout=WEBHOOK_RESULT_BATCH_WINDOW_S))[0]
        self._sends -= done
        return [send.result() for send in done]

    async def _send_delivery_without_raising(self, delivery: OutgoingWebhookDelivery) -> FinishedWebhookAttempt:
        """Send one webhook delivery, and return its result; raise nothing.

        Any internal error counts as an attempt, or the next job would send it again. Without a body none is sent.
        """
        if delivery.body is not None:
            try:
                return await self._send_delivery(delivery, delivery.body)
            except Exception as error:  # noqa: BLE001  a receiver may cause any error
                # Logged without its message, which may contain the address.
                stack = "".join(traceback.format_tb(error.__traceback__))
                cause = {"error": type(error).__name__, "stack": stack}
                _log.error(
                    "delivery failed by an internal error",
                    **self._build_delivery_log_fields(delivery.delivery),
                    **cause,
                )
        return FinishedWebhookAttempt(delivery.delivery, None, INTERNAL_WEBHOOK_FAILURE_CODE, None)

    async def _send_delivery(self, outgoing: OutgoingWebhookDelivery, body: bytes) -> FinishedWebhookAttempt:
        headers = signing.build_webhook_headers(
            event_id=ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, outgoing.delivery.event_id),
            at=int(time.time()),
            body=body,
            keys=outgoing.keys,
        )
        answer = await send_webhook(self._client, outgoing.delivery.url, headers=headers, body=body)
        return FinishedWebhookAttempt(outgoing.delivery, answer.status, answer.code, answer.after_s)

    def _count_and_log_results(
        self, results: Sequence[FinishedWebhookAttempt], next_states: Sequence[NextDeliveryStatus]
    ) -> None:
        """Count webhook deliveries' results, and log failures, never the address: it may contain a secret."""
        for result, now in zip(results, next_states, strict=True):
            metrics.WEBHOOK_DELIVERY_COUNTER.labels("waiting" if now == "pending" else now).inc()
            if result.code:
                _log.info(
                    "delivery failed",
                    **self._build_delivery_log_fields(result.delivery),
                    status=result.status,
                    code=result.code,
                    now=now,
                )

    def _build_delivery_log_fields(self, delivery: TakenWebhookDelivery) -> dict[str, Any]:
        """Return the log fields of a webhook delivery: ids of organization, endpoint, delivery and event, and tries."""
        return {
            "organization_id": ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, self._org),
            "endpoint_id": ids.format_prefixed_id(ids.WEBHOOK_ENDPOINT_ID_PREFIX, self._endpoint_id),
            "delivery_id": ids.format_prefixed_id(ids.WEBHOOK_DELIVERY_ID_PREFIX, delivery.id),
            "event_id": ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, delivery.event_id),
            "tries": delivery.tries,
        }


async def cancel_running_webhook_sends(sends: set[asyncio.Task[FinishedWebhookAttempt]]) -> None:
    """Cancel the webhook deliveries under way, and wait for their end. They stay marked, for the next job."""
    for task in sends:
        task.cancel()
    await asyncio.gather(*sends, return_exceptions=True)
