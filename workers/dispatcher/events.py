"""Chores of the event store: fold counts, submit conversions, create and drop day tables."""

from domain.events import conversions, partitions, people, quarantine, rollups
from schemas.settings import Settings
from workers.dispatcher.chore import Chore
from workers.dispatcher.conversions import submit_conversions
from workers.dispatcher.leader import Leader

#: The advisory lock of the process that runs these chores.
LOCK = 7205

EVERY_S = 60.0


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
        super().__init__(settings.event_store_url, name="dispatcher-events", lock=LOCK, chores=chores)
