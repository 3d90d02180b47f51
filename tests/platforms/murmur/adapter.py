"""Calls of Murmur, whose server is this module."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast
from uuid import UUID

from domain.accounts.accounts import AccountIdentity
from domain.accounts.credentials import Grant
from domain.collection.collection_runs import DuePost
from domain.connecting.connect import ConnectAttempt, Login
from domain.connecting.token_refresh import RefreshAttempt
from domain.connecting.token_revocation import RevokeAttempt
from domain.publishing.outgoing import PostingAccount
from tests.platforms.murmur.description import MurmurSettings
from workers.platforms.collecting import CollectLimits, Collector, Figures
from workers.platforms.connecting import AccountConnection, OutgoingNetwork
from workers.platforms.contract import (
    Adapter,
    Inquiry,
    LivePost,
    PostDraft,
    PreparedPost,
    ReconcileResult,
    UndecidedPost,
)
from workers.platforms.parts import PlatformParts

#: Captions by their author's token, and revoked tokens.
POSTED: dict[str, str] = {}
REVOKED: list[str] = []
FOLLOWERS, LIKES = 7, 3


class MurmurAdapter(Adapter):
    """Adapter with the address of the web pages."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def prepare(
        self, account: PostingAccount, draft: PostDraft, so_far: PreparedPost | None = None
    ) -> PreparedPost:
        return PreparedPost(handle={"key": str(draft.post_id)}, request=draft.caption.encode())

    async def send(
        self, account: PostingAccount, prepared: PreparedPost, draft: PostDraft, *, timeout_s: float
    ) -> LivePost:
        POSTED[account.access_token] = draft.caption
        return LivePost(external_id="m1", external_url=f"{self.url}/m1")

    async def reconcile(self, account: PostingAccount, inquiry: Inquiry) -> ReconcileResult:
        return UndecidedPost()


class MurmurCollector(Collector):
    """Collector of likes and followers."""

    limits: ClassVar[CollectLimits] = CollectLimits(batch=1, most=10)

    async def posts(self, account: PostingAccount, posts: Sequence[DuePost]) -> Mapping[UUID, Figures]:
        return {post.id: {"likes": LIKES} for post in posts}

    async def followers(self, account: PostingAccount) -> int | None:
        return FOLLOWERS


async def connect(net: OutgoingNetwork, attempt: ConnectAttempt) -> AccountConnection:
    name = cast("Login", attempt.secret).identifier
    identity = AccountIdentity(attempt.asked.platform, attempt.asked.service_url, name, name, None, {})
    return AccountConnection(identity, Grant(access_token=f"token-of-{name}"))


async def refresh(net: OutgoingNetwork, attempt: RefreshAttempt) -> Grant:
    return Grant(access_token=attempt.tokens.access_token)


async def revoke(net: OutgoingNetwork, attempt: RevokeAttempt) -> None:
    REVOKED.append(attempt.revocable.access_token)


PARTS = PlatformParts(
    open_adapter=lambda net: MurmurAdapter(net.settings.as_platform(MurmurSettings).murmur_url),
    open_collector=lambda net: MurmurCollector(),
    connect=connect,
    refresh=refresh,
    revoke=revoke,
)
