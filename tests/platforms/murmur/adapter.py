"""Calls of Murmur, whose server is this module."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast
from uuid import UUID

from domain.accounts.accounts import AccountIdentity
from domain.accounts.credentials import TokenGrant
from domain.collection.collection_runs import PostDueForMetricPolling
from domain.connecting.connect import AccountConnectJobInput, HandleAndAppPassword
from domain.connecting.token_refresh import TokenRefreshJobInput
from domain.connecting.token_revocation import TokenRevocationJobInput
from domain.publishing.outgoing import PostingAccountWithAccessToken
from tests.platforms.murmur.description import MurmurSettings
from workers.platforms.collecting import CollectedMetricValues, MetricsPostLimitsPerCallAndRun, PlatformMetricsCollector
from workers.platforms.connecting import AccountWithTokens, OutgoingNetwork
from workers.platforms.contract import (
    LivePost,
    PlatformAdapter,
    PostInquiry,
    PostPrepareResult,
    PostToPublish,
    ReconcileResult,
    UnprovedPost,
)
from workers.platforms.parts import PlatformCallFunctions

#: Captions by their author's token, and revoked tokens.
POSTED: dict[str, str] = {}
REVOKED: list[str] = []
FOLLOWERS, LIKES = 7, 3


class MurmurAdapter(PlatformAdapter):
    """Adapter with the address of the web pages."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def prepare(
        self, account: PostingAccountWithAccessToken, draft: PostToPublish, so_far: PostPrepareResult | None = None
    ) -> PostPrepareResult:
        return PostPrepareResult(handle={"key": str(draft.post_id)}, request=draft.caption.encode())

    async def send(
        self,
        account: PostingAccountWithAccessToken,
        prepared: PostPrepareResult,
        draft: PostToPublish,
        *,
        timeout_s: float,
    ) -> LivePost:
        POSTED[account.access_token] = draft.caption
        return LivePost(external_id="m1", external_url=f"{self.url}/m1")

    async def reconcile(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> ReconcileResult:
        return UnprovedPost()


class MurmurCollector(PlatformMetricsCollector):
    """Collector of likes and followers."""

    limits: ClassVar[MetricsPostLimitsPerCallAndRun] = MetricsPostLimitsPerCallAndRun(batch=1, most=10)

    async def read_post_metrics(
        self, account: PostingAccountWithAccessToken, posts: Sequence[PostDueForMetricPolling]
    ) -> Mapping[UUID, CollectedMetricValues]:
        return {post.id: {"likes": LIKES} for post in posts}

    async def read_follower_count(self, account: PostingAccountWithAccessToken) -> int | None:
        return FOLLOWERS


async def connect(net: OutgoingNetwork, attempt: AccountConnectJobInput) -> AccountWithTokens:
    name = cast("HandleAndAppPassword", attempt.secret).identifier
    identity = AccountIdentity(attempt.asked.platform, attempt.asked.service_url, name, name, None, {})
    return AccountWithTokens(identity, TokenGrant(access_token=f"token-of-{name}"))


async def refresh(net: OutgoingNetwork, attempt: TokenRefreshJobInput) -> TokenGrant:
    return TokenGrant(access_token=attempt.tokens.access_token)


async def revoke(net: OutgoingNetwork, attempt: TokenRevocationJobInput) -> None:
    REVOKED.append(attempt.revocable.access_token)


PLATFORM_CALLS = PlatformCallFunctions(
    open_adapter=lambda net: MurmurAdapter(net.settings.get_platform_settings(MurmurSettings).murmur_url),
    open_collector=lambda net: MurmurCollector(),
    connect=connect,
    refresh=refresh,
    revoke=revoke,
)
