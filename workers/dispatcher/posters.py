"""Chore that submits posters for videos that were uploaded before posters existed."""

from domain.content import posters
from workers.dispatcher.chore import Chore

#: Seconds between two runs. Once all posters exist, a run scans only new uploads and costs nothing.
EVERY_S = 5.0

MAKE_MISSING_POSTERS = Chore("look_back_for_posters", EVERY_S, posters.backfill, batch=posters.BACKFILL_BATCH)
