"""Chores of the event store: fold counts, submit conversions, create and drop day tables."""

import asyncio

from db.pool import Conn, connected
from db.reach import raise_if_postgres_away
from domain.events import conversion_lines, conversions, partitions, people, quarantine, rollups
from schemas.errors import Unavailable
from schemas.settings import Settings
from workers.dispatcher.leader import Chore, Leader

#: The advisory lock of the process that runs these chores.
EVENT_KEEPER_LOCK_ID = 7205

EVERY_S = 60.0
SUBMIT_EVERY_S = 0.5

#: Seconds that the main database may take in total, also when silent: the event counts wait meanwhile.
SUBMIT_TIMEOUT_S = 3.0


class EventKeeper(Leader):
    """The leader in the event store."""

    def __init__(self, settings: Settings) -> None:
        drop_days = partitions.drop_days(keep=settings.event_days, archived=bool(settings.events_archive_url))
        chores = [
            Chore("fold_events", 0.25, rollups.fold, batch=rollups.BATCH),
            submit_conversions(settings.database_url),
            Chore("fold_people", 0.5, people.fold, batch=people.BATCH),
            Chore("make_event_days", EVERY_S, partitions.make_days),
            Chore("rotate_event_generation", EVERY_S, partitions.rotate, batch=1),
            Chore("drop_event_leaves", EVERY_S, partitions.drop_leaf, batch=1),
            Chore("delete_refused_events", EVERY_S, quarantine.delete_old, batch=quarantine.BATCH),
            Chore("drop_event_days", EVERY_S, drop_days, batch=1),
            Chore(
                "prune_conversions",
                EVERY_S,
                conversions.prune(keep_days=settings.event_days),
                batch=conversions.ROWS,
            ),
        ]
        super().__init__(
            settings.event_store_url, name="dispatcher-events", lock=EVENT_KEEPER_LOCK_ID, chores=chores
        )


class ConversionScan:
    """A round-robin scan of all lines with pending conversions, a batch at a time.

    It reads the event store, and submits in the main database, which may be another one. The job is unique
    for its line: one job runs even if a line is found twice, or if either database fails.
    """

    def __init__(self, database_url: str) -> None:
        self._database_url, self._after = database_url, conversions.LINE_SEARCH_START

    async def submit(self, conn: Conn) -> int:
        """Submit jobs for a batch of lines; return a full batch's size while other lines follow, else 0.

        Returns 0 as well while the main database is away.
        """
        lines, last = await conversions.find_lines(conn, after=self._after)
        if lines and not await self._submit(lines):
            return 0
        self._after = last
        return 0 if last == conversions.LINE_SEARCH_START else conversions.SEARCH_LINES

    async def _submit(self, lines: list[conversions.ConversionLine]) -> bool:
        """Submit; return False while the main database is away: the next run then scans the same lines."""
        try:
            with raise_if_postgres_away():
                async with asyncio.timeout(SUBMIT_TIMEOUT_S):
                    await self._submit_in_main(lines)
        except Unavailable:
            return False
        return True

    async def _submit_in_main(self, lines: list[conversions.ConversionLine]) -> None:
        """Submit outside of a transaction: jobs that a slow database has inserted before a timeout stay."""
        async with connected(self._database_url, name="conversions") as main:
            try:
                await conversion_lines.submit(main, lines=lines)
            except BaseException:
                # A close would wait for the response to the canceled statement.
                main.terminate()
                raise


def submit_conversions(database_url: str) -> Chore:
    return Chore(
        "submit_conversions",
        SUBMIT_EVERY_S,
        ConversionScan(database_url).submit,
        batch=conversions.SEARCH_LINES,
    )
