"""Social accounts: how one is connected, what it is, how it ends."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas import ids
from schemas.base import In, Instant, Out, Real, Text

PlatformName = Literal["bluesky", "mastodon", "tiktok", "instagram"]

AccountStatus = Literal["connected", "reauth_required", "disconnected"]

FlowStatus = Literal["pending", "connected", "failed"]

#: Why a lease ended: its tenant let it go, an operator took it back, or its project was archived.
LeaseEnd = Literal["released", "recalled", "project_archived"]

PrivacyLevel = Literal["public", "friends", "followers", "private"]

ReturnUrl = Annotated[Text, Meta(max_length=2048, examples=["https://app.example.com/settings/social"])]


class OAuthUrlCreate(In, frozen=True, kw_only=True):
    """A link to make for one person."""

    platform: Annotated[PlatformName, Meta(examples=["mastodon"])]
    """The platform of the account. `bluesky` accounts are connected without a link."""
    return_url: ReturnUrl
    """Where the person goes afterwards. Its origin is one of the key's `returnOrigins`, or the API's own."""
    instance: Annotated[Text, Meta(min_length=1, max_length=253, examples=["mastodon.social"])] | None = None
    """The host name of the account's server. Only for `mastodon`, which needs it."""


class ReauthUrlCreate(In, frozen=True, kw_only=True):
    """Of an account that keeps its id; whoever lets us in must be the same one on the platform."""

    social_account_id: Annotated[Text, Meta(max_length=60)]
    """Id of the account to open again. It keeps this id."""
    return_url: ReturnUrl
    """Where the person goes afterwards. Its origin is one of the key's `returnOrigins`, or the API's own."""


class OAuthUrl(Real, frozen=True, kw_only=True):
    """A link, good for 10 minutes and once."""

    authorize_url: str
    """Send the person here, once."""
    state: str
    """Names this attempt. It comes back to `returnUrl`, beside `status`."""
    expires_at: Instant
    """From then on the link leads nowhere."""


class FlowError(Out, frozen=True, kw_only=True):
    """What became of a flow that failed."""

    code: str
    """The job's error code, or `ACCESS_DENIED`, `OTHER_BROWSER`, `STATE_EXPIRED` or `CANCELED`."""


class OAuthStatus(Out, frozen=True, kw_only=True):
    """How a flow stands."""

    status: FlowStatus
    """`pending` until the person has come back and the job has ended."""
    social_account_id: ids.AccountId | None = None
    """Id of the connected account; null unless `connected`."""
    error: FlowError | None = None
    """Why it failed; null unless `failed`."""


class AccountConnect(In, frozen=True, kw_only=True):
    """A Bluesky account by an app password."""

    platform: Annotated[PlatformName, Meta(examples=["bluesky"])]
    """`bluesky`. The other platforms are connected with `oauth-url`."""
    identifier: Annotated[Text, Meta(min_length=1, max_length=253, examples=["shop.bsky.social"])]
    """The account's handle or DID."""
    app_password: Annotated[Text, Meta(min_length=1, max_length=256, examples=["abcd-efgh-ijkl-mnop"])]
    """An app password, not the account's own. It is used once and kept nowhere."""
    service_url: Annotated[Text, Meta(max_length=300, examples=["https://bsky.social"])] | None = None
    """The server to log in at. `https://bsky.social` unless given."""

    def __repr__(self) -> str:
        return "AccountConnect()"


class SocialAccount(Out, frozen=True, kw_only=True):
    """An account that posts go to. Of a `leased` one's token nothing is said."""

    social_account_id: ids.AccountId
    project_id: ids.ProjectId
    platform: PlatformName
    """The platform that it is on."""
    service_url: str
    """The server that the account lives on."""
    handle: str
    """Its name on the platform, which its owner may change."""
    avatar_url: str | None
    """Its picture on the platform, or null."""
    status: AccountStatus
    """`reauth_required`: only its owner can open it again."""
    leased: bool
    """Whether it is the platform operator's, lent to the project."""
    connected_at: Instant
    """When it was connected, in UTC."""
    token_expires_at: Instant | None
    """When its access ends unless it is renewed; null: never, or the account is leased."""
    disconnected_reason: LeaseEnd | None
    """Why its lease ended; null unless it was leased."""
    privacy_levels: list[PrivacyLevel] | None
    """What a target's `privacyLevel` may be, as the account offered when it was last read (TikTok).

    Null: its platform takes none."""


class AccountDisconnected(Out, frozen=True, kw_only=True):
    """An account that is gone for good."""

    social_account_id: ids.AccountId
    status: Literal["disconnected"] = "disconnected"
    """Always `disconnected`."""
    canceled_scheduled_posts: int
    """How many waiting posts it canceled. Those under way end truthfully."""


class AccountQuota(Out, frozen=True, kw_only=True):
    """An account's own limit of posts."""

    social_account_id: ids.AccountId
    handle: str
    """Its name on the platform."""
    posts: int | None
    """At most so many posts in any `seconds`; null: the platform's own figure."""
    seconds: int | None
    """The length of the window; null: the platform's own figure."""
