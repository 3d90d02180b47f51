"""The rows of the table, in its order."""

from collections.abc import Mapping

from bench.neighbours.attacks import (
    drawings,
    events,
    filters,
    metadata,
    parsing,
    publishing,
    rate_limits,
    silence,
    slow_sites,
    storage,
    streams,
)
from bench.neighbours.row import Row

ROWS: Mapping[str, Row] = {
    row.name: row
    for row in (
        silence.ROW,
        streams.ROW,
        parsing.ROW,
        publishing.ROW,
        slow_sites.ROW,
        metadata.ROW,
        rate_limits.ROW,
        events.ROW,
        filters.ROW,
        storage.ROW,
        drawings.ROW,
    )
}
