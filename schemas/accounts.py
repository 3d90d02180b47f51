"""Social accounts: how one is connected, what it is, how it ends."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import In, Instant, Out, Text

PlatformName = Literal["bluesky", "mastodon", "tiktok", "instagram"]

AccountStatus = Literal["connected", "reauth_required", "disconnected"]

#: Why a lease ended: its tenant let it go, an operator took it back, or its project was archived.
LeaseEnd = Literal["released", "recalled", "project_archived"]

ReturnUrl = Annotated[Text, Meta(max_length=2048, examples=["https://app.example.com/settings/social"])]


class OAuthUrlCreate(In, frozen=True, kw_only=True):
    """`instance` is the host of the account's server, for Mastodon. The origin of `returnUrl` is one of the
    key's `returnOrigins`.
    """

    platform: Annotated[PlatformName, Meta(examples=["mastodon"])]
    return_url: ReturnUrl
    instance: Annotated[Text, Meta(min_length=1, max_length=253, examples=["mastodon.social"])] | None = None


class ReauthUrlCreate(In, frozen=True, kw_only=True):
    """Of an account that keeps its id; whoever lets us in must be the same one on the platform."""

    social_account_id: Annotated[Text, Meta(max_length=60)]
    return_url: ReturnUrl


class OAuthUrl(Out, frozen=True, kw_only=True):
    """Where to send the person, once. `state` comes back to `returnUrl`, beside `status`."""

    authorize_url: str
    state: str
    expires_at: Instant


class FlowError(Out, frozen=True, kw_only=True):
    """`code` is the job's, or what became of the flow: `ACCESS_DENIED`, `STATE_EXPIRED`, `CANCELED`."""

    code: str


class OAuthStatus(Out, frozen=True, kw_only=True):
    """How a flow stands."""

    status: Literal["pending", "connected", "failed"]
    social_account_id: str | None = None
    error: FlowError | None = None


class AccountConnect(In, frozen=True, kw_only=True):
    """A Bluesky account by an app password, which is used once and kept nowhere.

    `identifier` is a handle or a DID, `serviceUrl` the server to log in at, https://bsky.social unless given.
    """

    platform: Annotated[PlatformName, Meta(examples=["bluesky"])]
    identifier: Annotated[Text, Meta(min_length=1, max_length=253, examples=["shop.bsky.social"])]
    app_password: Annotated[Text, Meta(min_length=1, max_length=256, examples=["abcd-efgh-ijkl-mnop"])]
    service_url: Annotated[Text, Meta(max_length=300, examples=["https://bsky.social"])] | None = None

    def __repr__(self) -> str:
        return "AccountConnect()"


class SocialAccount(Out, frozen=True, kw_only=True):
    """`serviceUrl` is the server that the account lives on; `tokenExpiresAt` null: its token doesn't end.

    A `leased` account is the platform's: nothing is said of its token, and `disconnectedReason` says why its
    lease ended.
    """

    social_account_id: str
    project_id: str
    platform: PlatformName
    service_url: str
    handle: str
    avatar_url: str | None
    status: AccountStatus
    leased: bool
    connected_at: Instant
    token_expires_at: Instant | None
    disconnected_reason: LeaseEnd | None


class AccountDisconnected(Out, frozen=True, kw_only=True):
    """`canceledScheduledPosts` were waiting for the account; those under way end truthfully."""

    social_account_id: str
    status: Literal["disconnected"] = "disconnected"
    canceled_scheduled_posts: int


class AccountQuota(Out, frozen=True, kw_only=True):
    """At most `posts` in any `seconds`; null: the platform's own figures."""

    social_account_id: str
    handle: str
    posts: int | None
    seconds: int | None
