"""Offers of a model: lines that it writes of a brand's clauses, each taken only where its clause holds it.

A line that is refused leaves the clause, or the formula, that would have been there without a model.
"""

from collections.abc import Sequence

from msgspec import field

from generation.spec import Evidence, Line, Value
from generation.words import texts
from generation.words.clauses import ENDS, Clause
from generation.words.model import holds


class Offer(Value, frozen=True, kw_only=True):
    """A line for a clause, which it cites by its text."""

    line: str
    clause: str


class Offers(Value, frozen=True, kw_only=True):
    """Lines of a model: some to begin with, and some for points."""

    hooks: list[Offer] = field(default_factory=list)
    points: list[Offer] = field(default_factory=list)


def taken(offers: Sequence[Offer], clauses: Sequence[Clause], *, name: str, language: str) -> dict[str, Line]:
    """By its clause the first line that holds, with the words of the brand that the clause is from."""
    cited = {one.text: one for one in clauses}
    found: dict[str, Line] = {}
    for offer in offers:
        text = texts.initial(offer.line.strip().rstrip(ENDS))
        clause = cited.get(offer.clause)
        if clause and text != clause.text and not holds(text, clause.text, name=name, language=language):
            evidence = Evidence(field=clause.field, quote=clause.quote)
            found.setdefault(clause.text, Line(text=text, rule="model", evidence=[evidence]))
    return found
