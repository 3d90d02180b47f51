"""Formulas: templates with slots for names, without grammatical agreement."""

from collections.abc import Iterator

from generation.copy import names
from generation.copy.clauses import MAX_LENGTH
from generation.spec import BrandSnapshot, Evidence, Line

NAME_MARKS = (".", "!", "?", "…")
#: Ends of formulas that are dropped after a name with its own mark, the longer one first.
FORMULA_ENDS = ("\u00a0!", ".", "!")
Slot = tuple[str, Evidence | None]


def fill(formula: str, brand: BrandSnapshot, **slots: Slot) -> Iterator[Line]:
    """Yield the filled formula unless it is too long; drop its final mark after a name that ends in one."""
    app = names.app(brand)
    text = formula.format(app=app, **{slot: value for slot, (value, _) in slots.items()})
    if app.endswith(NAME_MARKS):
        end = next((one for one in FORMULA_ENDS if text.endswith(app + one)), "")
        text = text.removesuffix(end)
    if len(text) <= MAX_LENGTH:
        evidence = [found for _, found in slots.values() if found is not None]
        about = [names.app_evidence(brand)] if "{app}" in formula else []
        yield Line(text=text, rule="formula", evidence=[*evidence, *about])
