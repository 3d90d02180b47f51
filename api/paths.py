"""Ids in paths: what isn't one names nothing, and gets the answer of what doesn't exist."""

from uuid import UUID

from schemas import ids
from schemas.errors.absent import MISSING, Noun, absent


def read(noun: Noun, text: str) -> UUID:
    """The id of such a thing. Raises `NotFound`."""
    prefix = MISSING[noun].prefix
    found = ids.read(prefix, text) if prefix else None
    if found is None:
        raise absent(noun)
    return found
