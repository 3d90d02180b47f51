"""Authentication of SDK apps by the app key, which every copy of an app contains.

The key is looked up for each request, so that a rotation, delete or archive applies from the next request on.
"""

import base64
import binascii
import hashlib
import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from api.auth.api_keys import MOVING_ORGANIZATION_MESSAGE, MOVING_ORGANIZATION_RETRY_S
from db.coalescing import LookupCoalescer
from db.pool import Pool, acquire_pg_connection
from domain.apps import app_keys
from domain.apps.app_keys import SdkAppOfEventRequest
from domain.security.keyring import Keyring
from schemas.errors import KillSwitchActive, SdkAppKeyUnauthenticated, SdkWebOriginRefused, ServiceUnavailable

#: Maximum number of cached keys.
MAX_CACHED_APP_KEYS = 10_000


class AppKeyAuthenticator:
    """Checks app keys against the database, with one coalesced query for concurrent requests."""

    def __init__(self, pool: Pool, peppers: Keyring) -> None:
        self._pool = pool
        self._peppers = peppers
        self._apps = LookupCoalescer(self._look_up_apps)
        #: The app that each key opened last, by a hash of the key. This cache authenticates no request.
        self._opened: OrderedDict[bytes, SdkAppOfEventRequest] = OrderedDict()
        self._salt = os.urandom(32)

    def find_unverified_cached_app(self, key: str) -> SdkAppOfEventRequest | None:
        """Return the cached app of this key's last look-up, not for authentication; None without a look-up."""
        return self._opened.get(self._hash_key_for_memory_cache(key))

    async def authenticate(self, key: str) -> SdkAppOfEventRequest:
        """Look up an app key, and return its app.

        Raises `SdkAppKeyUnauthenticated` for an unknown key, `KillSwitchActive` for a suspended organization,
        and `ServiceUnavailable` for one that is moving.
        """
        app = await self._apps.queue_lookup(key) if app_keys.parse_app_key(key) else None
        remembered = self._hash_key_for_memory_cache(key)
        if app is None or app.suspended or app.moving:
            self._opened.pop(remembered, None)
            if app and app.moving:
                raise ServiceUnavailable(MOVING_ORGANIZATION_MESSAGE, retry_after=MOVING_ORGANIZATION_RETRY_S)
            raise KillSwitchActive("organization") if app else SdkAppKeyUnauthenticated
        self._opened[remembered] = app
        self._opened.move_to_end(remembered)
        if len(self._opened) > MAX_CACHED_APP_KEYS:
            self._opened.popitem(last=False)
        return app

    def _hash_key_for_memory_cache(self, key: str) -> bytes:
        """Hash a key with a random salt of this process, so that the cache holds no secret."""
        return hashlib.blake2b(key.encode(), key=self._salt, digest_size=16).digest()

    async def _look_up_apps(self, keys: Sequence[str]) -> list[SdkAppOfEventRequest | None]:
        async with acquire_pg_connection(self._pool) as conn:
            return await app_keys.authenticate_sdk_app_keys(conn, keys=keys, peppers=self._peppers)


def read_app_key(headers: Mapping[bytes, bytes], query: bytes) -> str | None:
    """Read the app key of a request from a bearer token, from the user name of Basic, or from the query.

    Returns None if the request has no key.
    """
    scheme, _, credentials = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer":
        return credentials.decode("latin-1").strip()
    if scheme.lower() == b"basic":
        return _read_basic_auth_user(credentials.strip())
    params = parse_qs(query.decode("latin-1")) if query else {}
    return next((params[name][0] for name in ("key", "writeKey") if name in params), None)


def _read_basic_auth_user(credentials: bytes) -> str | None:
    """Read the user name from Basic credentials; None if malformed. SDKs leave the password empty."""
    try:
        return base64.b64decode(credentials, validate=True).decode("latin-1").partition(":")[0]
    except (binascii.Error, ValueError):
        return None


def check_page_origin(app: SdkAppOfEventRequest, origin: bytes | None) -> None:
    """Check that a request with an app's key comes from a page of the app's domain.

    Raises `SdkWebOriginRefused` for a page outside of the domain and its subdomains. A request without an origin
    passes, since only browsers send one. So does each request of an app without a domain.
    """
    if origin is None or app.web_domain is None:
        return
    host = _host_of_origin(origin.decode("latin-1"))
    if host != app.web_domain and not host.endswith(f".{app.web_domain}"):
        raise SdkWebOriginRefused(app.web_domain)


def _host_of_origin(origin: str) -> str:
    """Return the host of an `Origin`, for any scheme and port; empty for a malformed or hidden one (`null`)."""
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""
