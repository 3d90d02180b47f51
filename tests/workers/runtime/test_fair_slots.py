"""Fair slots: no key takes all slots, no waiting key is forgotten, and no usable slot stays free."""

import asyncio
from contextlib import AsyncExitStack, suppress

from hypothesis import given, settings
from hypothesis import strategies as some

from tests.waiting import run_loop_iterations
from workers.runtime.fair_slots import SlotsSharedFairlyByTenants

KEYS = "abcd"


async def test_waiting_keys_take_turns_for_any_queue_length() -> None:
    slots, served = SlotsSharedFairlyByTenants(1), list[str]()

    async def once(key: str) -> None:
        async with slots.hold_slot(key):
            served.append(key)
            await asyncio.sleep(0)

    await asyncio.gather(*(once(key) for key in "aaaabbc"))
    assert "".join(served) == "aabcaba"


class SlotUser:
    """A task that waits for a slot and keeps it until it is released or canceled."""

    def __init__(self, slots: SlotsSharedFairlyByTenants, key: str) -> None:
        self.key, self.has, self.end = key, False, asyncio.Event()
        self.task = asyncio.create_task(self._use(slots))

    async def _use(self, slots: SlotsSharedFairlyByTenants) -> None:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(slots.hold_slot(self.key))
            self.has = True
            stack.callback(self._let_go)
            await self.end.wait()

    def _let_go(self) -> None:
        self.has = False


EVENTS = some.lists(
    some.tuples(some.sampled_from(["begin", "begin", "end", "cancel"]), some.sampled_from(KEYS)), max_size=40
)


@settings(max_examples=100, deadline=None)
@given(size=some.integers(1, 6), events=EVENTS, settled=some.lists(some.booleans(), min_size=40))
async def test_in_any_order_the_rule_holds(size: int, events: list[tuple[str, str]], settled: list[bool]) -> None:
    """Also with concurrent actions, such as a grant and the cancel of its waiter."""
    slots, uses = SlotsSharedFairlyByTenants(size), list[SlotUser]()
    for (event, key), settles in zip(events, settled, strict=False):
        if event == "begin":
            uses.append(SlotUser(slots, key))
        for use in [use for use in uses if use.key == key and not use.task.done()][:1]:
            if event == "end":
                use.end.set()
            elif event == "cancel":
                use.task.cancel()
        if settles:
            await run_loop_iterations()
            check(slots, uses)
    await run_loop_iterations()
    check(slots, uses)
    for use in uses:
        use.task.cancel()
        with suppress(asyncio.CancelledError):
            await use.task
    assert not slots.held
    assert not slots.waiting


def check(slots: SlotsSharedFairlyByTenants, uses: list[SlotUser]) -> None:
    held = {key: sum(use.has for use in uses if use.key == key) for key in KEYS}
    waiting = {use.key for use in uses if not (use.has or use.task.done())}
    free = slots.size - sum(held.values())
    assert free >= 0
    assert all(count <= (slots.size + 1) // 2 for count in held.values())
    assert not [key for key in waiting if held[key] < free]
