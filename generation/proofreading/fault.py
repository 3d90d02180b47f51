"""Fault of a piece: its place, the broken rule, the finding."""

from generation.spec import StrictCamelCaseStruct


class ProofreadingFault(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """A broken rule.

    `place` is a file, or a line of the copy; `rule` is a code; `found` is the text or value that breaks it.
    """

    place: str
    rule: str
    found: str
