"""Offers: a model's lines for a brand's clauses, each accepted only if its clause supports it.

A refused line leaves the clause, or the formula, that a run without a model would show.
"""

from collections.abc import Sequence

from msgspec import field

from generation.copy import texts
from generation.copy.clauses import TRAILING_MARKS, Clause
from generation.copy.model import line_faults
from generation.spec import Evidence, Line, Value


class Offer(Value, frozen=True, kw_only=True):
    """A line for a clause, cited by the clause's text."""

    line: str
    clause: str


class Offers(Value, frozen=True, kw_only=True):
    """A model's lines: hooks and points."""

    hooks: list[Offer] = field(default_factory=list)
    points: list[Offer] = field(default_factory=list)


def valid_lines(
    offers: Sequence[Offer], clauses: Sequence[Clause], *, name: str, language: str
) -> dict[str, Line]:
    """Return the first valid line of each clause, with the clause's quote as its evidence."""
    cited = {one.text: one for one in clauses}
    lines: dict[str, Line] = {}
    for offer in offers:
        text = texts.initial(offer.line.strip().rstrip(TRAILING_MARKS))
        clause = cited.get(offer.clause)
        if (
            clause
            and text != clause.text
            and not line_faults(text, clause.text, name=name, language=language)
        ):
            evidence = Evidence(field=clause.field, quote=clause.quote)
            lines.setdefault(clause.text, Line(text=text, rule="model", evidence=[evidence]))
    return lines
