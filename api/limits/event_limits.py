"""Rate limits of events: requests and events per second for each SDK app, by its organization's tier.

A request is counted before its body is read. Its events are counted after parsing: they may put the app into
debt, and until it is refilled the app's requests are refused. A refusal is cheap: until it expires, the app's
requests make no query and are answered one by one. While Redis is away, all requests pass, as those with API
keys do.
"""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple
from uuid import UUID

from redis.asyncio import Redis

from api.limits.rate_limits import RateLimitScript
from db.coalescing import LookupCoalescer
from domain.apps.app_keys import SdkAppOfEventRequest
from jobs.breaker import CircuitBreaker
from schemas.api_keys import OrganizationTier
from schemas.errors import LimitReached, ServiceUnavailable

#: The rate class of all requests with events, and the name of its limit of requests.
EVENT_RATE_CLASS, EVENT_REQUEST_LIMIT_NAME = "events", "event-requests"

#: Seconds until an empty bucket is full.
EVENT_BUCKET_REFILL_S = 1

#: Maximum seconds until the spent events are written to Redis.
MAX_EVENT_COUNT_REDIS_WRITE_DELAY_S = 0.01

#: Seconds between two refusals of an app, and the maximum delay of a refusal.
APP_REFUSAL_INTERVAL_S, MAX_APP_REFUSAL_DELAY_S = 0.002, 1.0

#: Maximum number of apps with a remembered refusal.
MAX_CACHED_LIMIT_REFUSALS = 10_000


class EventRateLimits(NamedTuple):
    """Bucket sizes: requests and events per second."""

    requests: int
    events: int


_STANDARD_EVENT_RATE_LIMIT = EventRateLimits(200, 5_000)
EVENT_LIMITS_BY_TIER: dict[OrganizationTier, EventRateLimits] = {
    "sandbox": _STANDARD_EVENT_RATE_LIMIT,
    "standard": _STANDARD_EVENT_RATE_LIMIT,
    "pilot": EventRateLimits(1_000, 20_000),
    "partner": EventRateLimits(5_000, 100_000),
}


class AppEventLimitState(NamedTuple):
    """The state of an app's limits after one request."""

    limits: EventRateLimits
    passed: bool
    requests_left: int
    events_left: int
    wait_ms: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        wait_s = self._retry_after_s
        state = f'"{EVENT_REQUEST_LIMIT_NAME}";r={self.requests_left};t={wait_s}'
        state += f', "{EVENT_RATE_CLASS}";r={self.events_left};t={wait_s}'
        return [_event_limit_policy_header(self.limits, EVENT_BUCKET_REFILL_S), (b"ratelimit", state.encode())]

    def refusal(self) -> LimitReached:
        limit = EVENT_REQUEST_LIMIT_NAME if self.events_left else EVENT_RATE_CLASS
        message = f"too many {limit.replace('-', ' ')} of this app: send them again after Retry-After"
        return LimitReached(limit, message, retry_after=self._retry_after_s)

    @property
    def _retry_after_s(self) -> int:
        return max(1, math.ceil(self.wait_ms / 1000))


@cache
def _event_limit_policy_header(limits: EventRateLimits, window_s: int) -> tuple[bytes, bytes]:
    policy = f'"{EVENT_REQUEST_LIMIT_NAME}";q={limits.requests};w={window_s}'
    policy += f', "{EVENT_RATE_CLASS}";q={limits.events};w={window_s}'
    return b"ratelimit-policy", policy.encode()


class _EventLimitLookupKey(NamedTuple):
    """A lookup of an app's limits: one request to count, or 0 to count only the app's spent events."""

    app_id: UUID
    limits: EventRateLimits
    requests: int


class _CachedLimitRefusalOfApp:
    """The refusal of an app: limits, error and expiry by the event loop's clock. Delays repeated refusals."""

    standing: AppEventLimitState | None
    error: LimitReached | ServiceUnavailable
    until: float

    def __init__(self) -> None:
        self._turn = 0.0

    def reserve_delay_before_refusal(self, now: float) -> float:
        """Take this app's next refusal turn; return the seconds until it, up to `MAX_APP_REFUSAL_DELAY_S`."""
        self._turn = min(max(now, self._turn + APP_REFUSAL_INTERVAL_S), now + MAX_APP_REFUSAL_DELAY_S)
        return self._turn - now


class EventRateLimiter:
    """Token buckets in Redis, and a cache of the currently refused apps."""

    def __init__(self, redis: Redis, breaker: CircuitBreaker) -> None:
        self._script = RateLimitScript(redis, breaker, "event_limits.lua")
        self.load_script = self._script.load_script
        self._questions = LookupCoalescer(self._run_limit_script)
        self._refused: OrderedDict[UUID, _CachedLimitRefusalOfApp] = OrderedDict()
        #: Pending events of accepted requests, by app; the next script call writes them.
        self._spent: dict[UUID, tuple[EventRateLimits, int]] = {}

    def find_cached_refusal(
        self, app: SdkAppOfEventRequest
    ) -> tuple[AppEventLimitState | None, LimitReached | ServiceUnavailable] | None:
        """Return the cached limit state (None if uncounted) and error of an app refused now; None for any other."""
        refusal = self._refused.get(app.app_id)
        if refusal is None or asyncio.get_running_loop().time() >= refusal.until:
            return None
        return refusal.standing, refusal.error

    def cache_refusal(
        self, app_id: UUID, standing: AppEventLimitState | None, error: LimitReached | ServiceUnavailable, for_s: float
    ) -> None:
        """Refuse an app's requests with this error and limit state `standing` for `for_s` seconds, without a query."""
        refusal = self._refused.setdefault(app_id, _CachedLimitRefusalOfApp())
        refusal.standing, refusal.error = standing, error
        refusal.until = asyncio.get_running_loop().time() + for_s
        self._refused.move_to_end(app_id)
        if len(self._refused) > MAX_CACHED_LIMIT_REFUSALS:
            self._refused.popitem(last=False)

    async def delay_refusal(self, app: SdkAppOfEventRequest) -> None:
        """Delay a refused request until its turn: one refusal every `APP_REFUSAL_INTERVAL_S` per app, at most 1 s.

        It slows an app that retries in a loop, and saves others' time. An app without a cached refusal has no delay.
        """
        if refusal := self._refused.get(app.app_id):
            await asyncio.sleep(refusal.reserve_delay_before_refusal(asyncio.get_running_loop().time()))

    def count_app_request(self, app: SdkAppOfEventRequest) -> asyncio.Future[AppEventLimitState]:
        """Count one request of an app if its limit allows it; return the future of the app's limit state.

        The query starts before the caller awaits it. While Redis is away, the request passes uncounted.
        """
        return self._questions.queue_lookup(_EventLimitLookupKey(app.app_id, _event_limits_of_app(app), 1))

    def charge_app_events(self, app: SdkAppOfEventRequest, events: int) -> None:
        """Count the events of an accepted request against the app's limit; they may put the app into debt.

        The next script call writes them, or a delayed write if there is none. No request waits for it.
        """
        if not self._spent:
            asyncio.get_running_loop().call_later(MAX_EVENT_COUNT_REDIS_WRITE_DELAY_S, self._flush_spent_events)
        limits, before = self._spent.get(app.app_id, (_event_limits_of_app(app), 0))
        self._spent[app.app_id] = limits, before + events

    def _flush_spent_events(self) -> None:
        """Start a script call that writes the pending events, unless another call has written them meanwhile."""
        for app_id, (limits, _) in self._spent.items():
            self._questions.queue_lookup(_EventLimitLookupKey(app_id, limits, 0))
            return

    async def _run_limit_script(self, questions: Sequence[_EventLimitLookupKey]) -> list[AppEventLimitState]:
        buckets: dict[UUID, list[int]] = {}
        for question in questions:
            buckets.setdefault(question.app_id, [*question.limits, 0, 0])[2] += question.requests
        spent, self._spent = self._spent, {}
        for app_id, (limits, events) in spent.items():
            buckets.setdefault(app_id, [*limits, 0, 0])[3] += events
        keys = [f"rate:{app_id}:{EVENT_RATE_CLASS}" for app_id in buckets]
        arguments = [EVENT_BUCKET_REFILL_S, *(word for counts in buckets.values() for word in counts)]
        rows = await self._script.run(keys, arguments, requests=len(questions))
        if rows is None:
            return [AppEventLimitState(question.limits, True, *question.limits, 0) for question in questions]  # noqa: FBT003
        return list(self._build_limit_states_and_cache_refusals(questions, dict(zip(buckets, rows, strict=True))))

    def _build_limit_states_and_cache_refusals(
        self, questions: Sequence[_EventLimitLookupKey], rows: Mapping[UUID, list[int]]
    ) -> Iterator[AppEventLimitState]:
        """Yield the limit state for each lookup, in order, and cache each refusal for its app.

        An app's requests pass in order until its bucket is empty.
        """
        left = {app_id: row[0] for app_id, row in rows.items()}
        for question in questions:
            _, requests_left, events_left, wait_ms = rows[question.app_id]
            passed = left[question.app_id] >= question.requests
            left[question.app_id] -= question.requests if passed else 0
            standing = AppEventLimitState(question.limits, passed, requests_left, events_left, wait_ms)
            if not passed:
                self.cache_refusal(question.app_id, standing, standing.refusal(), wait_ms / 1000)
            yield standing


def _event_limits_of_app(app: SdkAppOfEventRequest) -> EventRateLimits:
    return EVENT_LIMITS_BY_TIER[app.tier]
