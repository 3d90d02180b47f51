"""Comparison of a post's timeline, as a partner reads it, with its platform's log and our row."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from schemas import ids
from tests.chaos.posts import ENDED, check
from tests.peers.exactly_once.rows import AFTER_COMMIT, UNKNOWN, OutcomeRow
from tests.peers.exactly_once.shapes import Shape
from tests.peers.exactly_once.system import PlayedPost, System

Entry = Mapping[str, Any]


async def compared(system: System, shape: Shape, row: OutcomeRow, sent: PlayedPost) -> OutcomeRow:
    """Return the row with the contradictions of the timeline."""
    answer = await system.http.get(
        f"/v1/scheduled-posts/{ids.format_prefixed_id(ids.POST_ID_PREFIX, sent.post_id)}/timeline?limit=200"
    )
    assert answer.is_success, answer.text
    body = answer.json()
    assert body["nextCursor"] is None
    check(body["items"])
    return row._replace(untrue="; ".join(find_contradictions(body["items"], row, shape)))


def find_contradictions(entries: Sequence[Entry], row: OutcomeRow, shape: Shape) -> Iterator[str]:
    words = Counter(entry["type"] for entry in entries)
    yield from of_calls(words, row, in_doubt=in_doubt(entries))
    if UNKNOWN in words and UNKNOWN not in row.became:
        yield "the timeline has an unknown outcome that the row lacks"
    ends = [entry["type"] for entry in entries if entry["type"] in {*ENDED, UNKNOWN}]
    if ends[-1:] != [row.end]:
        yield f"the timeline ends with {ends[-1:]}"
    if row.live + row.drafts == 0 and any(entry.get("verdict") == "found" for entry in entries):
        yield "a lookup found a post that isn't there"
    if row.killed:
        yield from of_death(entries, row, shape)


def in_doubt(entries: Iterable[Entry]) -> int:
    """Count the calls that the timeline does not mark as not sent."""
    left = 0
    for entry in entries:
        if entry["type"] == "call":
            left += 1
        elif entry["type"] == "not_sent":
            left = max(0, left - 1)
    return left


def of_calls(words: Mapping[str, int], row: OutcomeRow, *, in_doubt: int) -> Iterator[str]:
    """Check that each received call has an earlier timeline entry, and that at most one is in doubt."""
    there = row.live + row.drafts
    if words["call"] < row.sends:
        yield "the platform got more calls than the timeline has"
    if words["call"] - row.sends > words["answer_lost"]:
        yield "a call that never arrived isn't marked as lost"
    if in_doubt > 1 or in_doubt < there:
        yield f"{in_doubt} calls may have created {there} posts"


def of_death(entries: Sequence[Entry], row: OutcomeRow, shape: Shape) -> Iterator[str]:
    """Check that the killed worker's attempt ends as lost, with a lost response if it had made a call."""
    attempts = [entry for entry in entries if entry["type"] == "attempt_started"]
    lost = [entry for entry in entries if entry.get("outcome") == "lost"]
    if not shape.aged:
        if max(entry["attempt"] for entry in attempts) != row.attempts:
            yield f"the timeline has other attempts than {row.attempts}"
        again = [entry for entry in entries if entry.get("outcome") in {"lost", "retry"}]
        if len(again) != row.attempts - 1:
            yield f"{len(again)} of {row.attempts} attempts are marked for a repeat"
    if {entry["workerId"] for entry in lost} & {*after(attempts, lost)}:
        yield "a dead worker continues"
    if row.call == shape.send.name and (row.event == AFTER_COMMIT) == any(
        entry["type"] == "answer_lost" for entry in entries
    ):
        yield "the response lost with the worker is recorded wrongly"


def after(attempts: Iterable[Entry], lost: Sequence[Entry]) -> Iterator[str]:
    """Return the workers of the attempts after the lost one."""
    return (one["workerId"] for one in attempts if any(one["fence"] > dead["fence"] for dead in lost))
