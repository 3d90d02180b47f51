"""Formulas filled with names, none of which they have to agree with."""

from collections.abc import Iterator

from generation.spec import Brand, Evidence, Line
from generation.words import names
from generation.words.clauses import LONGEST

MARKS = (".", "!", "?", "…")
#: Ends of formulas that such a name needs no more, the longer one first.
ENDS = ("\u00a0!", ".", "!")
Slot = tuple[str, Evidence | None]


def fill(formula: str, brand: Brand, **slots: Slot) -> Iterator[Line]:
    """The formula's line, where it isn't too long; a name that ends in a mark needs no second one."""
    app = names.app(brand)
    text = formula.format(app=app, **{slot: value for slot, (value, _) in slots.items()})
    if app.endswith(MARKS):
        end = next((one for one in ENDS if text.endswith(app + one)), "")
        text = text.removesuffix(end)
    if len(text) <= LONGEST:
        evidence = [found for _, found in slots.values() if found is not None]
        about = [names.app_evidence(brand)] if "{app}" in formula else []
        yield Line(text=text, rule="formula", evidence=[*evidence, *about])
