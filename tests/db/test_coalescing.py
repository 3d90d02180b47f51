"""Request coalescing: concurrent lookups share one query, and no result is older than its lookup."""

import asyncio
from collections.abc import Sequence

import pytest

from db.coalescing import LookupCoalescer


class RecordedLookups:
    """Answers `n` with `10 n` when released; records the batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()

    async def __call__(self, questions: Sequence[int]) -> list[int]:
        self.batches.append(list(questions))
        self.begun.set()
        await self.go.wait()
        if 13 in questions:
            raise ValueError("13")
        return [10 * question for question in questions]


async def test_concurrent_lookups_share_a_query() -> None:
    asked = RecordedLookups()
    answers = await asyncio.gather(*map(LookupCoalescer(asked).queue_lookup, range(5)))
    assert answers == [0, 10, 20, 30, 40]
    assert asked.batches == [[0, 1, 2, 3, 4]]


async def test_lookups_during_a_query_form_the_next_batch() -> None:
    asked = RecordedLookups()
    coalesced = LookupCoalescer(asked)
    asked.go.clear()
    first = coalesced.queue_lookup(1)
    await asked.begun.wait()
    later = [coalesced.queue_lookup(question) for question in (1, 2, 2)]
    await asyncio.sleep(0)
    asked.go.set()
    assert await asyncio.gather(first, *later) == [10, 10, 20, 20]
    assert asked.batches == [[1], [1, 2, 2]]


async def test_a_batch_has_a_largest_size() -> None:
    asked = RecordedLookups()
    coalesced = LookupCoalescer(asked, largest=2)
    await asyncio.gather(*map(coalesced.queue_lookup, range(5)))
    assert asked.batches == [[0, 1], [2, 3], [4]]


async def test_error_is_raised_to_the_whole_batch_only() -> None:
    coalesced = LookupCoalescer(RecordedLookups())
    answers = await asyncio.gather(coalesced.queue_lookup(1), coalesced.queue_lookup(13), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ValueError, ValueError]
    assert await coalesced.queue_lookup(2) == 20


async def test_canceled_lookup_does_not_cancel_others() -> None:
    asked = RecordedLookups()
    coalesced = LookupCoalescer(asked)
    asked.go.clear()
    leaving, staying = (coalesced.queue_lookup(question) for question in (1, 2))
    await asked.begun.wait()
    leaving.cancel()
    asked.go.set()
    assert await staying == 20
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_lookup_canceled_while_it_waits_is_dropped() -> None:
    asked = RecordedLookups()
    coalesced = LookupCoalescer(asked)
    asked.go.clear()
    first, leaving, staying = (coalesced.queue_lookup(question) for question in (1, 2, 3))
    await asked.begun.wait()
    later = [coalesced.queue_lookup(question) for question in (4, 5)]
    later[0].cancel()
    leaving.cancel()
    asked.go.set()
    assert [await one for one in (first, staying, later[1])] == [10, 30, 50]
    assert asked.batches == [[1, 2, 3], [5]]


async def test_no_query_runs_for_canceled_lookups_alone() -> None:
    asked = RecordedLookups()
    coalesced = LookupCoalescer(asked)
    coalesced.queue_lookup(1).cancel()
    await asyncio.sleep(0)
    assert await coalesced.queue_lookup(2) == 20
    assert asked.batches == [[2]]
