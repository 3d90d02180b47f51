"""Parts of a platform's package for workers: the calls for its accounts, posts and figures."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple

from domain.accounts.client_registrations import Client, PlatformServer
from domain.accounts.credentials import Grant
from domain.connecting.connect import ConnectAttempt
from domain.connecting.token_refresh import RefreshAttempt
from domain.connecting.token_revocation import RevokeAttempt
from platforms import registry
from workers.platforms.collecting import Collector
from workers.platforms.connecting import AccountConnection, OutgoingNetwork
from workers.platforms.contract import Adapter


class TokenLife(NamedTuple):
    """The time until a platform's token ends, and until an unused token is refreshed."""

    ends: timedelta
    refreshed: timedelta


class SandboxAccounts(NamedTuple):
    """Accounts of a sandbox: the format of their ids, by a hash, and the life of their tokens.

    None: the platform's tokens have no such times.
    """

    format_id: Callable[[bytes], str] = lambda digest: str(int.from_bytes(digest[:7]))
    token_life: TokenLife | None = None


async def refuse_call(net: OutgoingNetwork, subject: Any) -> Any:  # noqa: ARG001
    """Raise: the platform's description rules this call out."""
    raise AssertionError("the description of the platform rules this call out")


class PlatformParts(NamedTuple):
    """Calls of one platform: `PARTS` of the module `adapter` in its package.

    `connect`, `refresh`, `revoke` and `register` raise a `PlatformError`. The description decides whether
    the last two are ever called.
    """

    open_adapter: Callable[[OutgoingNetwork], Adapter]
    open_collector: Callable[[OutgoingNetwork], Collector]
    connect: Callable[[OutgoingNetwork, ConnectAttempt], Awaitable[AccountConnection]]
    refresh: Callable[[OutgoingNetwork, RefreshAttempt], Awaitable[Grant]]
    revoke: Callable[[OutgoingNetwork, RevokeAttempt], Awaitable[None]] = refuse_call
    register: Callable[[OutgoingNetwork, PlatformServer], Awaitable[Client]] = refuse_call
    sandbox: SandboxAccounts = SandboxAccounts()


def load_parts(platform: str) -> PlatformParts:
    """Return the parts of a registered platform."""
    parts: PlatformParts = registry.load_module(platform, "adapter").PARTS
    return parts
