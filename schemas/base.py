"""Base shapes of the API: request bodies are strict, answers use camelCase.

The string below a field is its description in the API document, unless its type has one.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Generic, TypeVar

import msgspec

T = TypeVar("T")

#: A string that Postgres can store: without NUL. (JSON with a lone surrogate never decodes.)
NulFreeText = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")]


#: A time, sent as UTC with `Z`.
UtcInstant = Annotated[datetime, msgspec.Meta(tz=True)]
CreatedAt = Annotated[UtcInstant, msgspec.Meta(description="When it was created, in UTC.")]
UpdatedAt = Annotated[UtcInstant, msgspec.Meta(description="When it was last changed, in UTC.")]


class RequestStruct(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A request body. Unknown fields are refused; an omitted optional field is `UNSET`.

    `at_least_one` lists field names as sent, of which one is required; the domain function checks this.
    """

    at_least_one: ClassVar[tuple[str, ...]] = ()


class ResponseStruct(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An answer or a part of one. In a sandbox its times follow the sandbox's clock."""


class RealClockResponseStruct(ResponseStruct, frozen=True, kw_only=True, rename="camel"):
    """An answer with real times, also in a sandbox."""


class Page(ResponseStruct, Generic[T], frozen=True, kw_only=True, rename="camel"):
    """One page of a list."""

    items: list[T]
    """Newest first; timelines oldest first."""
    next_cursor: str | None
    """The `cursor` of the next page; null on the last one."""
