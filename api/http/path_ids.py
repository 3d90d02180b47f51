"""Ids in paths: a malformed id gets the same 404 as an unknown one."""

from uuid import UUID

from schemas import ids
from schemas.errors.absent import ID_PREFIXES_AND_MISSING_MESSAGES, ObjectKind, not_found_error


def parse_id(noun: ObjectKind, text: str) -> UUID:
    """Parse an object's id, with or without prefix. Raises `ObjectNotFound` if malformed or of another kind."""
    prefix = ID_PREFIXES_AND_MISSING_MESSAGES[noun].prefix
    object_id = ids.parse_prefixed_id(prefix, text) if prefix else None
    if object_id is None:
        raise not_found_error(noun)
    return object_id


def is_unescaped_path(raw_path: bytes) -> bool:
    """Return whether a URL's path has no percent escapes and no double slashes, as our routes are written.

    A proxy may interpret other paths differently, and let a path through that it should block.
    """
    return b"%" not in raw_path and b"//" not in raw_path
