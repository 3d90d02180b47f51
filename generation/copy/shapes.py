"""Shapes: templates of hooks in a language's table, filled with the brand's own words, each with its evidence.

No word of a shape has to agree with the text in its slots.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

from generation.copy import names, texts
from generation.copy.clauses import MAX_COPY_LINE_CHARACTERS
from generation.copy.languages.table import HookShape, Register, list_template_slots
from generation.spec import BrandSnapshot, CopyEvidence, CopyIntent, CopyLine

#: End of a text with a mark of its own, before the mark of a template.
DOUBLED_END_MARK_PATTERN = re.compile(r"([.!?…。！？؟।])\u00a0?[.!。।]$")


class SlotText(NamedTuple):
    """Text of a slot with its evidence; the number of points has none."""

    text: str
    evidence: Sequence[CopyEvidence] = ()


class HookOption(NamedTuple):
    """A possible hook with the name of its shape and its register; it `tells` more than the brand's name."""

    line: CopyLine
    shape: str
    tells: bool = True
    tone: Register = "any"


def fill_hook_shapes(
    shapes: Mapping[str, HookShape], slots: Mapping[str, Sequence[SlotText]], *, register: Register, call: str
) -> Iterator[tuple[str, HookShape, int]]:
    """Yield each shape that a brand's words can fill in a register, with its name and its number of fillings.

    A register has its own shapes and those of `any`. A shape `only` for other trades is left out.
    """
    for name, shape in shapes.items():
        fits = shape.tone in {"any", register} and (not shape.only or call in shape.only)
        if fits and all(slots.get(slot) for slot in shape.slots):
            yield name, shape, max((len(slots[slot]) for slot in shape.slots), default=1)


def fill_hook_shape(
    name: str, shape: HookShape, slots: Mapping[str, Sequence[SlotText]], turn: int
) -> HookOption | None:
    """Return a shape filled with the texts at the place `turn` of each slot.

    Return None if the line is too long, or would say a text twice: a town that is a part of the name.
    """
    chosen = {slot: slots[slot][turn % len(slots[slot])] for slot in shape.slots}
    folded = [slot.text.casefold() for slot in chosen.values()]
    if any(first in second for first, second in permutations(folded, 2)):
        return None
    line = fill_template(shape.text, chosen, shape.intent)
    return HookOption(line, name, tells=bool(shape.only) or shape.slots != {"name"}, tone=shape.tone) if line else None


def fill_template(template: str, slots: Mapping[str, SlotText], intent: CopyIntent | None = None) -> CopyLine | None:
    """Return a template as a line with the evidence of its slots; None if the line is too long.

    A text that ends in a mark drops the template's mark after it.
    """
    named = sorted(list_template_slots(template), key=lambda slot: template.index(f"{{{slot}}}"))
    text = DOUBLED_END_MARK_PATTERN.sub(r"\1", template.format(**{slot: slots[slot].text for slot in named}))
    if len(text) > MAX_COPY_LINE_CHARACTERS:
        return None
    evidence = [one for slot in named for one in slots[slot].evidence]
    return CopyLine(text=text, rule="formula", evidence=evidence, intent=intent)


def name_slot(brand: BrandSnapshot) -> SlotText:
    return SlotText(names.app_display_name(brand), [names.app_name_evidence(brand)])


def line_slot(line: CopyLine) -> SlotText:
    return SlotText(line.text, line.evidence)


def capitalized(slot: SlotText) -> SlotText:
    return slot._replace(text=texts.capitalize_first_word(slot.text))
