"""Filters that several lists share, and the parsing of their values."""

from collections.abc import Collection, Iterable, Sequence
from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter

from api.http import path_ids
from api.http.requests import ApiRequest
from domain.values import timezones
from domain.values.periods import UNBOUNDED_PERIOD, ListPeriod
from schemas.errors import InvalidValue
from schemas.errors.absent import ObjectKind

CreatedSinceFilter = Annotated[
    str | None, QueryParameter(name="since", description="Created at this time or later; UTC, with `Z`.", max_length=40)
]
CreatedUntilFilter = Annotated[
    str | None, QueryParameter(name="until", description="Created before this time; UTC, with `Z`.", max_length=40)
]
ProjectFilter = Annotated[str | None, QueryParameter(name="projectId", description="Only objects of this project.")]
AppIdFilter = Annotated[
    str | None, QueryParameter(name="appId", description="Only rows of this app, which may be deleted.", max_length=100)
]


def parse_list_period(since: str | None, until: str | None) -> ListPeriod:
    """Parse the UTC times `since` and `until` of a list's filter as a period. Raises `InvalidValue`.

    A missing time is None, which leaves that end of the period open.
    """
    return ListPeriod(
        None if since is None else timezones.parse_utc_time(since, path="since"),
        None if until is None else timezones.parse_utc_time(until, path="until"),
    )


async def parse_period_filter_into_real_time(request: ApiRequest, since: str | None, until: str | None) -> ListPeriod:
    """Parse a list filter's period; convert a sandbox's own times to real time. Raises `InvalidValue`."""
    period = parse_list_period(since, until)
    return (
        period
        if period == UNBOUNDED_PERIOD
        else period.subtract_sandbox_lead(await request.read_sandbox_clock_offset())
    )


def check_filter_values(name: str, values: Sequence[str] | None, known: Collection[str]) -> None:
    """Raise `InvalidValue` for the first value of the parameter `name` that isn't known; None is valid."""
    for value in values or ():
        if value not in known:
            raise InvalidValue(name, f"doesn't allow {value!r}: send one of {', '.join(known)}")


def parse_filter_ids(noun: ObjectKind, values: Iterable[str] | None) -> list[UUID] | None:
    """Parse the ids of a list's filter, and drop duplicates, also in different notations; None stays None.

    Raises `ObjectNotFound` for a malformed id.
    """
    return None if values is None else [*dict.fromkeys(path_ids.parse_id(noun, value) for value in values)]


def parse_filter_id(noun: ObjectKind, value: str | None) -> UUID | None:
    """Parse the id of a list's filter; None stays None. Raises `ObjectNotFound` for a malformed id."""
    return None if value is None else path_ids.parse_id(noun, value)
