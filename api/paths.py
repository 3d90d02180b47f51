"""Paths and ids in them: what isn't one names nothing, and gets the answer of what doesn't exist."""

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


def is_plain(raw_path: bytes) -> bool:
    """True if a path is written as our routes are: in plain letters, with one slash between two words.

    Whatever stands before us may read others in its own way, and let through what it means to keep out.
    """
    return b"%" not in raw_path and b"//" not in raw_path
