"""docs/reference/exactly-once.md: its introduction and its tables."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from tests.peers.exactly_once.faults import FAULTS, LATE
from tests.peers.exactly_once.rows import KILL, Row, merged
from tests.peers.exactly_once.shapes import SHAPES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "exactly-once.md"

HEAD = """\
# Exactly once, call by call

Every call that a post to TikTok or Instagram takes, everything that may happen to that call, and what became
of the post. `python -m tests.peers.exactly_once --write` measures it anew and writes this page; tests hold
the tables against what they measure.

**These are simulators of ours** (`tests/peers/simulators/`), written from the platforms' documentation and
harsher than it: none of this has ever met the real TikTok or Instagram. Postgres, Redis, the API that files
are fetched from and the workers' code are the real ones.

## What may happen to a call

| word | the platform | our worker gets |
|---|---|---|
| `accept_then_drop` | does it | a connection that breaks |
| `accept_then_500` | does it | an internal error |
| `accept_then_timeout` | does it | nothing, until it gives up |
| `created_but_400` | does it | an error that says the request was wrong |
| `truncated_200` | does it | half of the answer |
| `drop_then_accept` | does it later, in the middle of our next wait | a connection that breaks |
| `refuse_500` | doesn't do it | an internal error |
| `refuse_429` | doesn't do it | its rate limit |
| `drop_before` | doesn't do it | a connection that breaks |

`kill -9` of the worker comes before the call is made, while it is answered, after the answer is there and
before anything of it is written down, or after the commit that follows it.

Faults are made one post after the other: our own tasks, called as a worker calls them. Kills are real: one
worker process holds all the posts, each of them stopped at its point, and is killed; a dispatcher and another
worker, the product's own, go on. In both ways the clocks of the database and of the platforms are moved to
whatever is due next until no job is left: a lost post has been asked about for the last time by then, a day
after its loss.

## The rule

The platform's ledger never shows more than one post or draft. `published` means that it shows one post,
`draft_in_inbox` one draft, and `failed` nothing. `outcome_unknown` is for the one call whose fate nobody can
be asked about: TikTok says the id of photos in its answer alone. Where it has fetched one and its answer was
lost, the post stays unknown until a person looks, and nothing is sent again.

Where a worker was killed the post's timeline is read, as its partner reads it. It tells of every call that
came, of at most one that may have made the post, of a lost answer if the worker died without it, of the
attempt that died, and of the same end; else the row breaks the rule.

"""
COLUMNS = ("call", "what happened", "became", "live", "in the inbox", "sent", "attempts")
LEGEND = """\
"live" and "in the inbox" are the platform's own count; "sent" is how often the call that makes the post came
to its door, where a fault may have kept it out; "attempts" are those of the job that makes the call.
"""


class Line(NamedTuple):
    """A line of a table, with the table's heading."""

    title: str
    text: str

    @property
    def killed(self) -> bool:
        return KILL in self.text


def lines(rows: Sequence[Row]) -> list[Line]:
    found = [(shape.title, [row for row in rows if row.shape == shape.title]) for shape in SHAPES]
    return [Line(title, line(*each)) for title, mine in found for each in merged(mine)]


def tables(rows: Sequence[Row]) -> str:
    """Return the summary, and a table for each kind of post. Ends with a newline."""
    parts = [summary(rows), LEGEND]
    for title, found in groupby(lines(rows), key=lambda each: each.title):
        told = [f"## {title}", "", *head(COLUMNS), *(each.text for each in found)]
        parts.append("\n".join(told) + "\n")
    return "\n".join(parts)


def summary(rows: Sequence[Row]) -> str:
    ends = sorted({row.end for row in rows})
    told = head(("happened", *ends, "rows"))
    for name, mine in (
        ("a fault", [row for row in rows if row.event in {*FAULTS, LATE}]),
        (KILL, [row for row in rows if row.killed]),
        ("nothing", [row for row in rows if row.event == "nothing"]),
    ):
        counted = Counter(row.end for row in mine)
        told.append(cells(name, *(counted[end] for end in ends), len(mine)))
    return "\n".join(["## In all", "", *told]) + "\n"


def line(row: Row, events: Sequence[str]) -> str:
    said = ", ".join(f"`{event}`" if event in {*FAULTS, LATE} else event for event in events)
    return cells(row.call, said, row.became, row.live, row.drafts, row.sends, row.attempts)


def head(names: Iterable[str]) -> list[str]:
    told = [*names]
    return [cells(*told), "|" + "---|" * len(told)]


def cells(*values: object) -> str:
    return f"| {' | '.join(map(str, values))} |"


def whole(rows: Sequence[Row]) -> str:
    return HEAD + tables(rows)


def kept() -> list[Line]:
    """Return the table lines of the current page."""
    found, title = list[Line](), ""
    for text in PAGE.read_text("utf-8").splitlines():
        title = text.removeprefix("## ") if text.startswith("## ") else title
        if text.startswith("| ") and title in {shape.title for shape in SHAPES}:
            found.append(Line(title, text))
    return [each for each in found if not each.text.startswith(f"| {COLUMNS[0]} |")]
