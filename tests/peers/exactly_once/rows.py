"""One row of the table: the call, its fault, the post's outcome, and whether the rule allows it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from jobs.kinds import PUBLISH_POST_KIND, REFRESH_TOKEN_KIND
from tests.peers.exactly_once.shapes import UNKNOWABLE, PlatformCall, Shape
from tests.peers.exactly_once.system import PlayedPost, System
from tests.peers.simulators.ledger import LedgerState

#: States that count as present: public, on its way, or deleted after publication.
THERE = frozenset({LedgerState.LIVE, LedgerState.COMING, LedgerState.DELETED})
#: Number of posts that the ledger may show for our status; statuses not listed allow none or one.
LIVE = {"published": 1, "draft_in_inbox": 0, "failed": 0, "canceled": 0}
UNKNOWN = "outcome_unknown"
KILL = "kill -9"
AFTER_COMMIT = f"{KILL} after the commit"


class OutcomeRow(NamedTuple):
    """`became` is the post's final status, after `outcome_unknown` if it had that for a time.

    `live` and `drafts` are the platform's counts, `sends` the number of irreversible calls that reached it,
    `attempts` those of the job that makes the call. `untrue`: a contradiction in the timeline.
    """

    shape: str
    call: str
    event: str
    became: str
    live: int
    drafts: int
    sends: int
    attempts: int
    untrue: str = ""

    @property
    def end(self) -> str:
        return self.became.rpartition(", ")[2].partition(" ")[0]

    @property
    def killed(self) -> bool:
        return self.event.startswith(KILL)

    @property
    def group(self) -> tuple[Any, ...]:
        return (self.shape, self.call, self.killed, *self[3:])


class BrokenRow(NamedTuple):
    row: OutcomeRow
    why: str


async def row_of_post(
    system: System, shape: Shape, call: PlatformCall | None, event: str, sent: PlayedPost
) -> OutcomeRow:
    """Return the row of a post after its jobs have ended."""
    sim = system.sims[shape.platform]
    states = [entry["state"] for entry in await sim.posts(sent.username)]
    requests = (await sim.call("GET", "/requests"))["requests"]
    asked = [entry for entry in requests if entry["account"] == sent.username]
    sends = [entry for entry in asked if shape.send.is_named(entry["method"], entry["names"])]
    return OutcomeRow(
        shape=shape.title,
        call=call.name if call else "-",
        event=event,
        became=await became(system, sent),
        live=sum(state in THERE for state in states),
        drafts=states.count(LedgerState.DRAFT),
        sends=len(sends),
        attempts=await attempts(system, shape, sent),
    )


async def attempts(system: System, shape: Shape, sent: PlayedPost) -> int:
    """Return the attempts of the job that makes the calls: the post's, or its account's token refresh."""
    kind, subject = (REFRESH_TOKEN_KIND, sent.account_id) if shape.aged else (PUBLISH_POST_KIND, sent.post_id)
    value: int = await system.pool.fetchval(
        "select max(attempt) from job where kind = $1 and $2 in (args->>'post_id', args->>'account_id')",
        kind.name,
        str(subject),
    )
    return value


async def became(system: System, sent: PlayedPost) -> str:
    status = await system.pool.fetchval("select status from scheduled_post where id = $1", sent.post_id)
    code = await system.pool.fetchval("select last_error->>'code' from scheduled_post where id = $1", sent.post_id)
    was = await system.pool.fetchval(
        "select bool_or(type = $2) from post_event where post_id = $1", sent.post_id, UNKNOWN
    )
    end = f"{status} ({code})" if status == "failed" else str(status)
    return f"{UNKNOWN}, {end}" if was and status != UNKNOWN else end


def wrong(rows: Iterable[OutcomeRow]) -> Iterator[BrokenRow]:
    """Yield the rows that break the rule."""
    for row in rows:
        there = row.live + row.drafts
        if row.untrue:
            yield BrokenRow(row, row.untrue)
        if there > 1:
            yield BrokenRow(row, "more than one is there")
        elif row.end in LIVE and row.live != LIVE[row.end]:
            yield BrokenRow(row, "what our row says isn't there")
        elif row.drafts != (row.end == "draft_in_inbox") and row.end != UNKNOWN:
            yield BrokenRow(row, "it isn't in the inbox as our row says")
        elif row.end == UNKNOWN and (row.shape, row.call) not in UNKNOWABLE:
            yield BrokenRow(row, "the outcome is unknown, where it could be known")
        elif row.end not in {*LIVE, UNKNOWN}:
            yield BrokenRow(row, "it never ended")


def merged(rows: Sequence[OutcomeRow]) -> list[tuple[OutcomeRow, list[str]]]:
    """Merge rows of one call with equal outcomes, faults and kills apart, with the events of each."""
    ordered = sorted(rows, key=lambda row: (first(rows, row), row.killed, row[3:]))
    return [
        (found[0], [row.event for row in found])
        for _, each in groupby(ordered, key=lambda row: row.group)
        if (found := list(each))
    ]


def first(rows: Sequence[OutcomeRow], row: OutcomeRow) -> int:
    """Return the position of the row's call in the shape."""
    return next(at for at, other in enumerate(rows) if other[:2] == row[:2])
