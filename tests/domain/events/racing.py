"""Writers that send each id three times, a fifth of them with different times, under faults."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

from db.pool import Conn, Pool
from db.reach import convert_postgres_away_errors
from domain.events import folds, partitions
from domain.events.event import NewEventRow
from schemas.errors import ServiceUnavailable
from tests.domain.events.sending import NOW, Takes, event, fold_all, stored, take, wrong_counts
from tests.waiting import eventually

WRITERS, TIMES, EACH = 8, 3, 20

#: Seconds until a client repeats an unanswered request.
AGAIN_S = 0.05

#: Timeout of the whole race in seconds.
PATIENCE_S = 300.0


def batches(seed: int, numbers: int) -> list[list[list[NewEventRow]]]:
    """Return the batches of each writer, with all ids together."""
    dice = random.Random(seed)
    sent = [number for number in range(numbers) for _ in range(TIMES)]
    dice.shuffle(sent)
    made = [[_sent(number, dice) for number in sent[start : start + EACH]] for start in range(0, len(sent), EACH)]
    return [made[writer::WRITERS] for writer in range(WRITERS)]


def _sent(number: int, dice: random.Random) -> NewEventRow:
    usual = event(number)
    if dice.random() < 0.8:
        return usual
    return usual._replace(occurred_at=NOW - timedelta(hours=dice.randrange(100)))


async def write(
    intake: Takes, queue: Iterator[tuple[int, list[NewEventRow]]], acknowledge: Callable[[int], None]
) -> None:
    """Send each batch as a client until it is acknowledged."""
    for turn, events in queue:
        while True:
            try:
                await take(intake, events)
                break
            except ServiceUnavailable:
                await asyncio.sleep(AGAIN_S)
        acknowledge(turn)


async def disturb(pool: Pool, done: asyncio.Event, seed: int) -> None:
    """Fold, and cut off writers and folds, until the race is done."""
    dice = random.Random(seed)
    while not done.is_set():
        deed = dice.choice((fold_or_die, cut))
        with suppress(ServiceUnavailable), convert_postgres_away_errors():
            async with pool.acquire() as conn:
                await deed(conn, dice)
        await asyncio.sleep(dice.uniform(0, 0.1))


async def rotate_twice(pool: Pool, progress: Callable[[], float]) -> None:
    """Rotate during the race; `progress` is the acknowledged share.

    After two rotations every id is still known. After a third a repeated id would be new.
    """
    for part in (0.3, 0.6):

        async def rotated(part: float = part) -> int:
            if progress() < part:
                return 0
            with suppress(ServiceUnavailable), convert_postgres_away_errors():
                async with pool.acquire() as conn:
                    return await partitions.open_new_event_id_partition_if_due(conn, age=timedelta(0))
            return 0

        await eventually(rotated, within=PATIENCE_S)


async def cut(conn: Conn, _: random.Random) -> None:
    """Terminate a random session of another task."""
    await conn.execute(
        """select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and application_name = 'writer'
            order by random() limit 1"""
    )


async def fold_or_die(conn: Conn, dice: random.Random) -> None:
    async with conn.transaction():
        await folds.DeltaFoldRunner().fold_each_waiting_shard(conn)
        if dice.random() < 0.3:
            await conn.execute("select pg_terminate_backend(pg_backend_pid())")


async def is_exact(conn: Conn, numbers: int) -> None:
    """Check that each id is stored once, and that the counts match the events."""
    await fold_all(conn)
    kept = Counter(await stored(conn))
    twice = [number for number, times in kept.items() if times > 1]
    lost = {*range(numbers)} - kept.keys()
    assert (twice, lost) == ([], set()), f"twice: {len(twice)}, lost: {len(lost)}"
    assert await wrong_counts(conn) == []
