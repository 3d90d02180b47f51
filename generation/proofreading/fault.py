"""Fault of a piece: which file or line has it, which rule it breaks, what is there."""

from generation.spec import Value


class Fault(Value, frozen=True, kw_only=True):
    """`place` is a file, or a line of the copy; `rule` a word; `found` what breaks it."""

    place: str
    rule: str
    found: str
