"""The rows of the table, in order."""

from collections.abc import Mapping

from tools.bench.neighbours.attacks import (
    bodies,
    drawings,
    event_budget,
    events,
    filters,
    lists,
    metadata,
    parsing,
    publishing,
    rate_limits,
    silence,
    silent_readers,
    slow_sites,
    storage,
    streams,
    uploads,
)
from tools.bench.neighbours.row import Row

ROWS: Mapping[str, Row] = {
    row.name: row
    for row in (
        silence.ROW,
        silent_readers.ROW,
        streams.ROW,
        parsing.ROW,
        publishing.ROW,
        slow_sites.ROW,
        metadata.ROW,
        bodies.ROW,
        rate_limits.ROW,
        events.ROW,
        event_budget.ROW,
        filters.ROW,
        storage.ROW,
        uploads.ROW,
        lists.ROW,
        drawings.ROW,
    )
}
