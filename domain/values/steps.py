"""Steps: CPU-bound work as a generator that yields every millisecond or so.

On the event loop, other requests run between two steps (cooperative multitasking). A thread wouldn't help: a
decoder in C holds the interpreter's lock until it has finished.
"""

import asyncio
from collections.abc import Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")

CooperativeSteps: TypeAlias = Generator[None, None, T]

#: Bytes of JSON that one step reads.
JSON_STEP_BYTES = 1 << 16


def run_generator_steps_at_once(work: CooperativeSteps[T]) -> T:
    """Run all steps of a generator at once, and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result


async def run_cooperative_steps(work: CooperativeSteps[T]) -> T:
    """Run all steps of a generator, and return its result. Other tasks of the loop run between two steps."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        await asyncio.sleep(0)
