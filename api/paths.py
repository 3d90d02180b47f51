"""Ids in paths: what isn't one names nothing, and gets the answer of what doesn't exist."""

from uuid import UUID

from domain import holds, jobs
from schemas import ids


def project(text: str) -> UUID:
    """Raises `NotFound`."""
    found = ids.read(ids.PROJECT, text)
    if found is None:
        raise holds.absent()
    return found


def job(text: str) -> UUID:
    """Raises `NotFound`."""
    found = ids.read(ids.JOB, text)
    if found is None:
        raise jobs.absent()
    return found
