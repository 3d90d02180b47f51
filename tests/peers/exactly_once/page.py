"""The tables of docs/reference/exactly-once.md."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from tests.peers.exactly_once.faults import FAULTS, LATE
from tests.peers.exactly_once.rows import KILL, OutcomeRow, merged
from tests.peers.exactly_once.shapes import SHAPES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "exactly-once.md"

COLUMNS = ("call", "what happened", "became", "live", "in the inbox", "sent", "attempts")


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


def updated(rows: Sequence[OutcomeRow]) -> str:
    """Return the page with these rows in its summary and its tables; its words stay."""
    words = PAGE.read_text("utf-8").partition(f"## {SHAPES[0].title}\n")[0]
    before, _, rest = words.partition("## In all\n\n")
    parts = [before + summary(rows), rest.partition("\n\n")[2].rstrip() + "\n"]
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
