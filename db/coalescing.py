"""Request coalescing: one query answers all lookups that arrive while the previous query runs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from telemetry import log_context

LookupKey = TypeVar("LookupKey")
LookupAnswer = TypeVar("LookupAnswer")


class LookupCoalescer(Generic[LookupKey, LookupAnswer]):
    """Batches lookups without a timer: a batch holds the lookups that arrived during the previous query.

    `ask` runs the query. It gets only lookups that arrived before its call, so no result is older than its lookup.
    It returns one result per lookup, in order; an exception as result is raised to that lookup. The exception of a
    query is raised to each lookup of its batch. A lookup canceled before its query is dropped.
    """

    def __init__(
        self, ask: Callable[[Sequence[LookupKey]], Awaitable[Sequence[LookupAnswer | Exception]]], *, largest: int = 500
    ) -> None:
        self._run_query = ask
        self._largest = largest
        self._waiting: list[tuple[LookupKey, asyncio.Future[LookupAnswer]]] = []
        self._asking: asyncio.Task[None] | None = None

    def queue_lookup(self, question: LookupKey) -> asyncio.Future[LookupAnswer]:
        """Queue a lookup for the next shared query, and return the future of its result.

        The query starts at once, or after the running one. Awaiting the future is optional; it raises query errors.
        """
        future: asyncio.Future[LookupAnswer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._asking is None:
            self._asking = log_context.start_task_outside_request(self._run_batches_until_empty())
        return future

    async def _run_batches_until_empty(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._largest], self._waiting[self._largest :]
                if wanted := [lookup for lookup in batch if not lookup[1].cancelled()]:
                    await self._resolve_batch_lookups(wanted)
        finally:
            self._asking = None

    async def _resolve_batch_lookups(self, batch: list[tuple[LookupKey, asyncio.Future[LookupAnswer]]]) -> None:
        try:
            answers = await self._run_query([question for question, _ in batch])
        except Exception as error:  # noqa: BLE001  raised to each caller
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
