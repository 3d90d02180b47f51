"""The two shapes that cross the boundary: what comes in is closed, what goes out is camelCase.

The text below a field describes it in the API's document, unless its type has a description of its own.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Generic, TypeVar

import msgspec

T = TypeVar("T")

#: A string that Postgres can keep: its text has no NUL. (JSON with a lone surrogate never decodes.)
Text = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")]


#: A moment, on the wire in UTC with `Z`.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
CreatedAt = Annotated[Instant, msgspec.Meta(description="When it was made, in UTC.")]
UpdatedAt = Annotated[Instant, msgspec.Meta(description="When it was last changed, in UTC.")]


class In(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A request body. Unknown fields are refused; an omitted optional field is `UNSET`.

    `at_least_one` are the fields, as on the wire, of which one has to be there; the verb sees to it.
    """

    at_least_one: ClassVar[tuple[str, ...]] = ()


class Out(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An answer, or a part of one. In a sandbox its times are those of the sandbox's clock."""


class Real(Out, frozen=True, kw_only=True, rename="camel"):
    """The same with times as they are, in a sandbox too."""


class Page(Out, Generic[T], frozen=True, kw_only=True, rename="camel"):
    """One page of a list."""

    items: list[T]
    """Newest first; of a timeline the oldest first."""
    next_cursor: str | None
    """`cursor` of the next page; null on the last one."""
