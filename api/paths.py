"""Ids in paths: what isn't one names nothing, and gets the answer of what doesn't exist."""

from uuid import UUID

from domain.accounts import accounts
from domain.content import content as contents
from domain.jobs import jobs
from domain.leasing import leases, requests
from domain.publishing import posts
from domain.tenancy import project_locks
from schemas import ids


def project(text: str) -> UUID:
    """Raises `NotFound`."""
    found = ids.read(ids.PROJECT, text)
    if found is None:
        raise project_locks.absent()
    return found


def job(text: str) -> UUID:
    """Raises `NotFound`."""
    found = ids.read(ids.JOB, text)
    if found is None:
        raise jobs.absent()
    return found


def account(text: str) -> UUID:
    """Raises `NotFound`."""
    found = ids.read(ids.ACCOUNT, text)
    if found is None:
        raise accounts.absent()
    return found


def content(text: str) -> UUID:
    """Raises `NotFound`."""
    found = ids.read(ids.CONTENT, text)
    if found is None:
        raise contents.absent()
    return found


def post(text: str) -> UUID:
    """Raises `NotFound`."""
    found = ids.read(ids.POST, text)
    if found is None:
        raise posts.absent()
    return found


def leased(text: str) -> UUID:
    """Raises `NotFound`."""
    found = ids.read(ids.ACCOUNT, text)
    if found is None:
        raise leases.absent()
    return found


def lease_request(text: str) -> UUID:
    """Raises `NotFound`."""
    found = ids.read(ids.LEASE_REQUEST, text)
    if found is None:
        raise requests.absent()
    return found
