"""Authentication by API key. The key is looked up for each request, so that a kill applies at once."""

import hashlib
import math
import os
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from api.http.request_state import RequestState, WrongKeyBudgetOfAddress
from db.coalescing import LookupCoalescer
from db.pool import Pool, acquire_pg_connection
from domain.jobs import polls
from domain.jobs.jobs import VersionedJob
from domain.jobs.polls import JobPoll
from domain.security.keyring import Keyring
from domain.tenancy import api_keys, key_text
from domain.tenancy.api_keys import Principal, StoredApiKey
from domain.tenancy.key_text import ApiKeyParts
from schemas.errors import ApiKeyUnauthenticated, KillSwitchActive, ServiceUnavailable
from telemetry import logs

CacheKey = TypeVar("CacheKey")

MAX_WRONG_KEYS_PER_ADDRESS, WRONG_KEY_COUNT_WINDOW_S = 10, 60.0
FORWARDING_HEADER_NAMES = frozenset((b"x-forwarded-for", b"forwarded"))
MAX_AUTH_CACHE_ENTRIES = 10_000

#: The answer during the pause of a move to another cell, and the seconds after which a caller repeats the request.
MOVING_ORGANIZATION_MESSAGE = "your organization is moving to other servers: repeat the request"
MOVING_ORGANIZATION_RETRY_S = 2

_log = logs.get_logger("api")


class AddressesWithWrongKeys:
    """Remembers addresses that sent wrong keys. After 10 failures in a minute, separate queries look up an
    address's keys.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def has_address_failed_too_often(self, address: str) -> bool:
        failures = self._failures.get(address)
        if failures is None or len(failures) < MAX_WRONG_KEYS_PER_ADDRESS:
            return False
        return self._clock() - failures[0] < WRONG_KEY_COUNT_WINDOW_S

    def read_wrong_key_budget(self, address: str) -> WrongKeyBudgetOfAddress:
        """Return an address's budget of wrong keys: failures left, and seconds until the oldest one expires."""
        now = self._clock()
        recent = [at for at in self._failures.get(address, ()) if now - at < WRONG_KEY_COUNT_WINDOW_S]
        resets_in = math.ceil(WRONG_KEY_COUNT_WINDOW_S - (now - recent[0])) if recent else int(WRONG_KEY_COUNT_WINDOW_S)
        return WrongKeyBudgetOfAddress(
            MAX_WRONG_KEYS_PER_ADDRESS,
            MAX_WRONG_KEYS_PER_ADDRESS - len(recent),
            resets_in,
            int(WRONG_KEY_COUNT_WINDOW_S),
        )

    def record_wrong_api_key(self, address: str) -> None:
        self._failures.setdefault(address, deque(maxlen=MAX_WRONG_KEYS_PER_ADDRESS)).append(self._clock())
        _mark_used_and_evict_oldest(self._failures, address)


class CachedApiKey(NamedTuple):
    """Row of a key at its last successful look-up, and the principal. It authenticates no request by itself."""

    row: StoredApiKey
    principal: Principal


class ApiKeyAuthenticator:
    """Checks keys against the database, with one coalesced query for concurrent requests."""

    def __init__(self, pool: Pool, peppers: Keyring, strangers: AddressesWithWrongKeys) -> None:
        self._pool = pool
        self._peppers = peppers
        self.strangers = strangers
        self._rows = LookupCoalescer(self._query_api_keys_by_key_ids)
        self._rows_apart = LookupCoalescer(self._query_api_keys_by_key_ids)
        self._polls = LookupCoalescer(self._query_api_keys_with_jobs)
        #: Polls that found a waiting job the last time: the next statement reads the wait reasons, too.
        self._waiting: OrderedDict[JobPoll, None] = OrderedDict()
        #: By a hash of the whole key, secret included.
        self._opened: OrderedDict[bytes, CachedApiKey] = OrderedDict()
        self._salt = os.urandom(32)

    def find_unverified_cached_key(self, read_key: ApiKeyParts | None) -> CachedApiKey | None:
        """Return the cached row and principal of this key's last look-up, not for authentication; None without one."""
        return self._opened.get(self._hash_key_for_memory_cache(read_key)) if read_key else None

    async def authenticate(
        self, read_key: ApiKeyParts | None, *, expected: CachedApiKey | None, address: str
    ) -> Principal:
        """Look up an API key, and return its principal. `expected` is the key's entry of the cache, or None.

        Raises `ApiKeyUnauthenticated`, also for an expired key. Raises `KillSwitchActive` for the right secret of
        a key that is switched off, or of a suspended organization, and `ServiceUnavailable` for one that is moving.

        Each key is looked up, regardless of earlier failures of its address: a stranger behind the same proxy
        must not lock a partner out. But a guessing address shares its queries only with other guessing
        addresses, so that a valid key never waits behind guesses. The timing doesn't reveal whether a key id
        exists.
        """
        if read_key is None:
            raise ApiKeyUnauthenticated
        apart = self.strangers.has_address_failed_too_often(address) and not expected
        row = await (self._rows_apart if apart else self._rows).queue_lookup(read_key.key_id)
        return self._check_key_and_build_principal(row, read_key, expected=expected, address=address)

    async def authenticate_and_read_job(
        self,
        read_key: ApiKeyParts,
        job_id: UUID | None,
        *,
        wants_wait_reason: bool,
        expected: CachedApiKey,
        address: str,
    ) -> tuple[Principal, VersionedJob | None]:
        """Authenticate a known key as `authenticate` does, and read a job of its organization in the same statement.

        The job is None if unknown. Only a key in the cache reads it: a guess never reads a job.
        """
        poll = JobPoll(read_key.key_id, expected.principal.organization_id, job_id, wants_wait_reason)
        row, job = await self._polls.queue_lookup(poll)
        return self._check_key_and_build_principal(row, read_key, expected=expected, address=address), job

    def _check_key_and_build_principal(
        self, row: StoredApiKey | None, read_key: ApiKeyParts, *, expected: CachedApiKey | None, address: str
    ) -> Principal:
        if expected is not None and row == expected.row:  # The same secret and row passed these checks before.
            return expected.principal
        if not api_keys.presented_key_matches(row, read_key, self._peppers) or row is None:
            self.strangers.record_wrong_api_key(address)
            raise ApiKeyUnauthenticated
        if row.killed:
            raise KillSwitchActive("key")
        if row.expired:
            raise ApiKeyUnauthenticated
        if row.moving:
            raise ServiceUnavailable(MOVING_ORGANIZATION_MESSAGE, retry_after=MOVING_ORGANIZATION_RETRY_S)
        if row.suspended:
            raise KillSwitchActive("organization")
        key, known = self._hash_key_for_memory_cache(read_key), CachedApiKey(row, row.principal)
        self._opened[key] = known
        _mark_used_and_evict_oldest(self._opened, key)
        return known.principal

    def _hash_key_for_memory_cache(self, read_key: ApiKeyParts) -> bytes:
        """Hash a key with a random salt of this process, so that the cache holds no secret."""
        return hashlib.blake2b("".join(read_key).encode(), key=self._salt, digest_size=16).digest()

    async def _query_api_keys_by_key_ids(self, key_ids: Sequence[str]) -> list[StoredApiKey | None]:
        async with acquire_pg_connection(self._pool) as conn:
            rows = await api_keys.find_api_keys_by_key_ids(conn, key_ids=set(key_ids))
        return [rows.get(key_id) for key_id in key_ids]

    async def _query_api_keys_with_jobs(
        self, queued: Sequence[JobPoll]
    ) -> list[tuple[StoredApiKey | None, VersionedJob | None]]:
        with_waits = any(poll in self._waiting for poll in queued)
        async with acquire_pg_connection(self._pool) as conn:
            found = await polls.read_polled_jobs(conn, queued, with_waits=with_waits)
        for poll, (_, job) in zip(queued, found, strict=True):
            if polls.is_wait_reason_needed_again(poll, job):
                self._waiting[poll] = None
                _mark_used_and_evict_oldest(self._waiting, poll)
            else:
                self._waiting.pop(poll, None)
        return found


def get_sent_api_key(state: RequestState) -> ApiKeyParts | None:
    """Return the request's API key; None if absent or malformed. `X-Api-Key` wins over `Authorization`."""
    own = state.headers.get(b"x-api-key")
    if own is None:
        scheme, _, own = state.headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            return None
    return key_text.parse_api_key(own.decode("latin-1").strip())


def find_client_ip(state: RequestState, peer: str, *, hops: int) -> str:
    """Return the client's IP address: the peer's, or the one that the outermost of `hops` proxies reported.

    With `hops` 0, forwarding headers are ignored, since any caller can write them.
    """
    if hops == 0:
        if not state.headers.keys().isdisjoint(FORWARDING_HEADER_NAMES):
            _warn_of_unconfigured_proxy()
        return peer
    chain = state.headers.get(b"x-forwarded-for", b"").split(b",")
    return chain[-hops].strip().decode("latin-1") if hops <= len(chain) else peer


@cache
def _warn_of_unconfigured_proxy() -> None:
    """Log a warning, once per process: a request had a forwarding header, but no proxy is configured.

    Either an unconfigured proxy is in front of this process, or a caller forged the header.
    """
    _log.warning(
        "ignored a forwarding header: set PROXY_HOPS to the number of proxies before the API; otherwise "
        "all requests through these proxies count as one address"
    )


def _mark_used_and_evict_oldest(memory: OrderedDict[CacheKey, Any], key: CacheKey) -> None:
    memory.move_to_end(key)
    if len(memory) > MAX_AUTH_CACHE_ENTRIES:
        memory.popitem(last=False)
