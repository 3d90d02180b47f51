"""The contract of every platform's collector: two read-only calls.

A missing figure is left out: it is no 0. So is a post that its platform doesn't show (any more), and a figure
without the owner's permission. Failures are `schemas.errors.platforms`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias, cast
from uuid import UUID

from domain.collection.collection_runs import PostDueForMetricPolling
from domain.publishing.outgoing import PostingAccountWithAccessToken
from schemas.errors import AccountReauthRequired
from schemas.metrics import CollectedMetric

#: Seconds that one call may take. A collection run makes several, and a silent server must not hold its slot.
MAX_METRICS_CALL_S = 10.0

CollectedMetricValues: TypeAlias = Mapping[CollectedMetric, int]

#: The error code of a call without the account owner's permission.
OAUTH_SCOPE_MISSING_ERROR_CODE = "SCOPE_MISSING"


class MetricsPostLimitsPerCallAndRun(NamedTuple):
    """Posts of one call, and posts of a collection run: a part of the platform's limit for an account."""

    batch: int
    most: int


class PlatformMetricsCollector(Protocol):
    """Collector of one platform."""

    limits: ClassVar[MetricsPostLimitsPerCallAndRun]

    async def read_post_metrics(
        self, account: PostingAccountWithAccessToken, posts: Sequence[PostDueForMetricPolling]
    ) -> Mapping[UUID, CollectedMetricValues]:
        """Read the metrics of at most `limits.batch` posts from the platform; return them by post id.

        Leave out a post that the platform doesn't show. Raise a `PlatformError`.
        """
        ...

    async def read_follower_count(self, account: PostingAccountWithAccessToken) -> int | None:
        """Return the number of the account's followers; None if the platform omits it. Raise a `PlatformError`."""
        ...


@contextmanager
def skip_metric_without_permission() -> Iterator[None]:
    """Suppress the platform's error in the block that the account's owner has not permitted to read metrics.

    That error is an `AccountReauthRequired` with the code `SCOPE_MISSING`. Posts need no such permission, so
    the owner isn't asked to connect again. Other errors pass.
    """
    try:
        yield
    except AccountReauthRequired as error:
        if error.code != OAUTH_SCOPE_MISSING_ERROR_CODE:
            raise


def select_int_post_metrics(**values: Any) -> CollectedMetricValues:
    """Return those of a platform's metrics that are integers, by name; leave out all other values."""
    numbers = {name: value for name, value in values.items() if type(value) is int}
    return cast("CollectedMetricValues", numbers)
