"""The contract of every platform's collector: two calls, which only read.

A figure that isn't told is left out: it is no 0. So is a post that its platform doesn't show (any more), and
whatever the account's owner didn't let us read. Failures are `schemas.errors.platforms`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias, cast
from uuid import UUID

from domain.collection.visits import DuePost
from domain.publishing.outgoing import Account
from schemas.errors import ReauthRequired
from schemas.metrics import Collected

#: Seconds that one call may take. A visit makes several, and a silent server must not hold its slot for long.
CALL_S = 10.0

Figures: TypeAlias = Mapping[Collected, int]

#: The code where the account's owner gave no permission for a call.
NOT_ALLOWED = "SCOPE_MISSING"


class Limits(NamedTuple):
    """Posts of one call, and those that a visit asks about: a part of what the platform allows an account."""

    batch: int
    most: int


class Collector(Protocol):
    """Collector of one platform."""

    limits: ClassVar[Limits]

    async def posts(self, account: Account, posts: Sequence[DuePost]) -> Mapping[UUID, Figures]:
        """The figures of at most `limits.batch` posts, by their ids. Raises a `PlatformError`."""
        ...

    async def followers(self, account: Account) -> int | None:
        """The account's followers; None where they aren't told. Raises a `PlatformError`."""
        ...


@contextmanager
def allowed() -> Iterator[None]:
    """The block ends without a figure where the account's owner didn't let us read them.

    Its posts go out all the same, so nobody is asked to connect it again.
    """
    try:
        yield
    except ReauthRequired as error:
        if error.code != NOT_ALLOWED:
            raise


def figures(**told: Any) -> Figures:
    """Those that are whole numbers, from a platform's own JSON, by our metrics."""
    found = {name: value for name, value in told.items() if type(value) is int}
    return cast("Figures", found)
