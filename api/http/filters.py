"""Filters that several lists share, and the parsing of their values."""

from collections.abc import Collection, Iterable, Sequence
from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter

from api.http import path_ids
from api.http.requests import ApiRequest
from domain.values import timezones
from domain.values.periods import UNBOUNDED_PERIOD, Period
from schemas.errors import Invalid
from schemas.errors.absent import Noun

CreatedSince = Annotated[
    str | None,
    QueryParameter(name="since", description="Created at this time or later; UTC, with `Z`.", max_length=40),
]
CreatedUntil = Annotated[
    str | None,
    QueryParameter(name="until", description="Created before this time; UTC, with `Z`.", max_length=40),
]
ProjectFilter = Annotated[
    str | None, QueryParameter(name="projectId", description="Only objects of this project.")
]
AppId = Annotated[
    str | None,
    QueryParameter(name="appId", description="Only rows of this app, which may be deleted.", max_length=100),
]


def read_period(since: str | None, until: str | None) -> Period:
    """Parse two UTC times; a missing one leaves its end open. Raises `Invalid`."""
    return Period(
        None if since is None else timezones.read(since, path="since"),
        None if until is None else timezones.read(until, path="until"),
    )


async def read_sandbox_period(request: ApiRequest, since: str | None, until: str | None) -> Period:
    """Parse a period and convert it from a sandbox's own time. Raises `Invalid`."""
    period = read_period(since, until)
    return period if period == UNBOUNDED_PERIOD else period.back(await request.read_ahead())


def check_values(name: str, values: Sequence[str] | None, known: Collection[str]) -> None:
    """Raise `Invalid` for the first value of the parameter `name` that isn't known; None is valid."""
    for value in values or ():
        if value not in known:
            raise Invalid(name, f"doesn't allow {value!r}: send one of {', '.join(known)}")


def read_ids(noun: Noun, values: Iterable[str] | None) -> list[UUID] | None:
    """Parse ids and drop duplicates, also of ids in different notations; None stays None.

    Raises `NotFound` for a malformed id.
    """
    return None if values is None else [*dict.fromkeys(path_ids.parse_id(noun, value) for value in values)]


def read_id(noun: Noun, value: str | None) -> UUID | None:
    """Parse one id; None stays None. Raises `NotFound` for a malformed id."""
    return None if value is None else path_ids.parse_id(noun, value)
