"""Parts of a platform's package for workers: the calls for its accounts, posts and figures."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple

from domain.accounts.client_registrations import OAuthClient, PlatformServerRef
from domain.accounts.credentials import TokenGrant
from domain.connecting.connect import AccountConnectJobInput
from domain.connecting.token_refresh import TokenRefreshJobInput
from domain.connecting.token_revocation import TokenRevocationJobInput
from platforms import registry
from workers.platforms.collecting import PlatformMetricsCollector
from workers.platforms.connecting import AccountWithTokens, OutgoingNetwork
from workers.platforms.contract import PlatformAdapter


class TokenLifeAndRefresh(NamedTuple):
    """The time until a platform's token ends, and until an unused token is refreshed."""

    ends: timedelta
    refreshed: timedelta


class SandboxIdFormatAndTokenLife(NamedTuple):
    """Accounts of a sandbox: the format of their ids, by a hash, and the life of their tokens.

    None: the platform's tokens have no such times.
    """

    format_id: Callable[[bytes], str] = lambda digest: str(int.from_bytes(digest[:7]))
    token_life: TokenLifeAndRefresh | None = None


async def refuse_call_platform_lacks(net: OutgoingNetwork, subject: Any) -> Any:  # noqa: ARG001
    """Raise `AssertionError`: it stands for a call that the platform's description rules out."""
    raise AssertionError("the description of the platform rules this call out")


class PlatformCallFunctions(NamedTuple):
    """Calls of one platform: `PLATFORM_CALLS` of the module `adapter` in its package.

    `connect`, `refresh`, `revoke` and `register` raise a `PlatformError`. The description decides whether
    the last two are ever called.
    """

    open_adapter: Callable[[OutgoingNetwork], PlatformAdapter]
    open_collector: Callable[[OutgoingNetwork], PlatformMetricsCollector]
    connect: Callable[[OutgoingNetwork, AccountConnectJobInput], Awaitable[AccountWithTokens]]
    refresh: Callable[[OutgoingNetwork, TokenRefreshJobInput], Awaitable[TokenGrant]]
    revoke: Callable[[OutgoingNetwork, TokenRevocationJobInput], Awaitable[None]] = refuse_call_platform_lacks
    register: Callable[[OutgoingNetwork, PlatformServerRef], Awaitable[OAuthClient]] = refuse_call_platform_lacks
    sandbox: SandboxIdFormatAndTokenLife = SandboxIdFormatAndTokenLife()


def load_platform_calls(platform: str) -> PlatformCallFunctions:
    """Import the adapter module of a platform's package; return its calls for accounts, posts and metrics."""
    parts: PlatformCallFunctions = registry.load_platform_module(platform, "adapter").PLATFORM_CALLS
    return parts
