"""docs/reference/exactly-once.md: its introduction and its tables."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from tests.peers.exactly_once.faults import FAULTS, LATE
from tests.peers.exactly_once.rows import KILL, OutcomeRow, merged
from tests.peers.exactly_once.shapes import SHAPES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "exactly-once.md"

HEAD = """\
# Exactly once, call by call

Every call that a post to TikTok or Instagram makes, every fault of that call, and the post's outcome.
`python -m tests.peers.exactly_once --write` measures the tables again and writes this page; tests compare the
tables with new measurements.

**The platforms are simulators** (`tests/peers/simulators/`), written from the platforms' documentation and
stricter than it: nothing here has been measured on the real TikTok or Instagram. Postgres, Redis, the API
that serves the files and the workers' code are real.

## Faults of a call

| fault | the platform | our worker gets |
|---|---|---|
| `accept_then_drop` | executes it | a broken connection |
| `accept_then_500` | executes it | an internal error |
| `accept_then_timeout` | executes it | nothing, until its timeout |
| `created_but_400` | executes it | an error that reports an invalid request |
| `truncated_200` | executes it | half of the response |
| `drop_then_accept` | executes it later, in the middle of our next wait | a broken connection |
| `refuse_500` | does not execute it | an internal error |
| `refuse_429` | does not execute it | its rate limit |
| `drop_before` | does not execute it | a broken connection |

`kill -9` hits the worker before the call, while the platform handles it, after the response and before
its data is stored, or after the commit that follows.

Fault rows run one post at a time: the test calls the real tasks as a worker does. Kills are real: one worker
process holds all posts, each at its point, and is killed; a dispatcher and another worker, the product's own,
continue. In both cases the clocks of the database and the platforms advance to the next due job until none is
left. The last lookup of a lost post is a day after its loss.

## The rule

The platform's ledger never shows more than one post or draft. `published` means that it shows one post,
`draft_in_inbox` one draft, and `failed` nothing. `outcome_unknown` is for the only call without a lookup:
TikTok returns the id of photos in its response only. If TikTok has fetched a photo and the response was
lost, the post stays unknown until a person checks it, and nothing is sent again.

After a kill the test reads the post's timeline, as its partner does. The timeline must have every received
call, at most one call that may have created the post, a lost response if the worker died without it, the
attempt that died, and the same outcome. Otherwise the row breaks the rule.

"""
COLUMNS = ("call", "what happened", "became", "live", "in the inbox", "sent", "attempts")
LEGEND = """\
"live" and "in the inbox" are the platform's own counts. "sent" is the number of requests for the call that
creates the post, including those that a fault dropped. "attempts" are those of the job that makes the call.
"""


class TableLine(NamedTuple):
    """A line of a table, with the table's heading."""

    title: str
    text: str

    @property
    def killed(self) -> bool:
        return KILL in self.text


def lines(rows: Sequence[OutcomeRow]) -> list[TableLine]:
    found = [(shape.title, [row for row in rows if row.shape == shape.title]) for shape in SHAPES]
    return [TableLine(title, line(*each)) for title, mine in found for each in merged(mine)]


def tables(rows: Sequence[OutcomeRow]) -> str:
    """Return the summary, and a table for each kind of post. Ends with a newline."""
    parts = [summary(rows), LEGEND]
    for title, found in groupby(lines(rows), key=lambda each: each.title):
        table = [f"## {title}", "", *head(COLUMNS), *(each.text for each in found)]
        parts.append("\n".join(table) + "\n")
    return "\n".join(parts)


def summary(rows: Sequence[OutcomeRow]) -> str:
    ends = sorted({row.end for row in rows})
    table = head(("happened", *ends, "rows"))
    for name, mine in (
        ("a fault", [row for row in rows if row.event in {*FAULTS, LATE}]),
        (KILL, [row for row in rows if row.killed]),
        ("nothing", [row for row in rows if row.event == "nothing"]),
    ):
        counted = Counter(row.end for row in mine)
        table.append(cells(name, *(counted[end] for end in ends), len(mine)))
    return "\n".join(["## In all", "", *table]) + "\n"


def line(row: OutcomeRow, events: Sequence[str]) -> str:
    said = ", ".join(f"`{event}`" if event in {*FAULTS, LATE} else event for event in events)
    return cells(row.call, said, row.became, row.live, row.drafts, row.sends, row.attempts)


def head(names: Iterable[str]) -> list[str]:
    columns = [*names]
    return [cells(*columns), "|" + "---|" * len(columns)]


def cells(*values: object) -> str:
    return f"| {' | '.join(map(str, values))} |"


def kept() -> list[TableLine]:
    """Return the table lines of the current page."""
    found, title = list[TableLine](), ""
    for text in PAGE.read_text("utf-8").splitlines():
        title = text.removeprefix("## ") if text.startswith("## ") else title
        if text.startswith("| ") and title in {shape.title for shape in SHAPES}:
            found.append(TableLine(title, text))
    return [each for each in found if not each.text.startswith(f"| {COLUMNS[0]} |")]
