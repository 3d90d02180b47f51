"""Social accounts: connection, fields, disconnection."""

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from msgspec import Meta

from platforms.description import PrivacyLevel
from platforms.registry import PLATFORMS_BY_NAME
from schemas import ids
from schemas.base import NulFreeText, RealClockResponseStruct, RequestStruct, ResponseStruct, UtcInstant

#: Name of a registered platform. Type checkers see text, since the names are known at run time alone.
if TYPE_CHECKING:
    PlatformName: TypeAlias = str
else:
    PlatformName = Literal[tuple(PLATFORMS_BY_NAME)]

AccountStatus = Literal["connected", "reauth_required", "disconnected"]

OAuthFlowStatus = Literal["pending", "connected", "failed"]

#: Why a lease ended: its tenant released it, an operator recalled it, or its project was archived.
LeaseEndReason = Literal["released", "recalled", "project_archived"]

OAuthReturnUrl = Annotated[NulFreeText, Meta(max_length=2048, examples=["https://app.example.com/settings/social"])]


class OAuthUrlCreate(RequestStruct, frozen=True, kw_only=True):
    """A consent link to create for one person."""

    platform: Annotated[PlatformName, Meta(examples=["mastodon"])]
    """The platform of the account. `bluesky` accounts are connected without a link."""
    return_url: OAuthReturnUrl
    """The page to return to afterwards. Its origin is one of the key's `returnOrigins`, or the API's own."""
    instance: Annotated[NulFreeText, Meta(min_length=1, max_length=253, examples=["mastodon.social"])] | None = None
    """The host name of the account's server. Only for `mastodon`, which needs it."""


class ReauthUrlCreate(RequestStruct, frozen=True, kw_only=True):
    """A consent link for a connected account; the person must consent with the same account."""

    social_account_id: Annotated[NulFreeText, Meta(max_length=60)]
    """Id of the account to reconnect. It keeps this id."""
    return_url: OAuthReturnUrl
    """The page to return to afterwards. Its origin is one of the key's `returnOrigins`, or the API's own."""


class OAuthUrl(RealClockResponseStruct, frozen=True, kw_only=True):
    """A consent link, valid for 10 minutes and one use."""

    authorize_url: str
    """Send the person here, once."""
    state: str
    """The id of this attempt. It is returned to `returnUrl`, together with `status`."""
    expires_at: UtcInstant
    """The time at which the link expires."""


class FlowError(ResponseStruct, frozen=True, kw_only=True):
    """The reason why a flow failed."""

    code: str
    """The job's error code, or `ACCESS_DENIED`, `OTHER_BROWSER`, `STATE_EXPIRED` or `CANCELED`."""


class OAuthStatus(ResponseStruct, frozen=True, kw_only=True):
    """The status of a flow."""

    status: OAuthFlowStatus
    """`pending` until the person has returned and the job has ended."""
    social_account_id: ids.SocialAccountId | None = None
    """Id of the connected account; null unless `connected`."""
    error: FlowError | None = None
    """Why it failed; null unless `failed`."""


class AccountConnect(RequestStruct, frozen=True, kw_only=True):
    """A Bluesky account to connect with an app password."""

    platform: Annotated[PlatformName, Meta(examples=["bluesky"])]
    """`bluesky`. The other platforms are connected with `oauth-url`."""
    identifier: Annotated[NulFreeText, Meta(min_length=1, max_length=253, examples=["shop.bsky.social"])]
    """The account's handle or DID."""
    app_password: Annotated[NulFreeText, Meta(min_length=1, max_length=256, examples=["abcd-efgh-ijkl-mnop"])]
    """An app password, not the account's own. It is used once and never stored."""
    service_url: Annotated[NulFreeText, Meta(max_length=300, examples=["https://bsky.social"])] | None = None
    """The login server. Default: `https://bsky.social`."""

    def __repr__(self) -> str:
        return "AccountConnect()"


class SocialAccount(ResponseStruct, frozen=True, kw_only=True):
    """An account that posts go to. The token of a `leased` account is hidden."""

    social_account_id: ids.SocialAccountId
    project_id: ids.ProjectId
    platform: PlatformName
    """The account's platform."""
    service_url: str
    """The account's server."""
    handle: str
    """The account's name on the platform, which its owner may change."""
    avatar_url: str | None
    """The account's image on the platform, or null."""
    status: AccountStatus
    """`reauth_required`: only its owner can reconnect it."""
    leased: bool
    """Whether it belongs to the platform's operator and is lent to the project."""
    connected_at: UtcInstant
    """When it was connected, in UTC."""
    token_expires_at: UtcInstant | None
    """When the access expires unless it is renewed; null: never, or the account is leased."""
    disconnected_reason: LeaseEndReason | None
    """Why its lease ended; null unless a lease ended."""
    privacy_levels: list[PrivacyLevel] | None
    """Allowed values of a target's `privacyLevel`, as last read from the account (TikTok). Null: its
    platform has none.
    """


class AccountDisconnected(ResponseStruct, frozen=True, kw_only=True):
    """An account that was disconnected for good."""

    social_account_id: ids.SocialAccountId
    status: Literal["disconnected"] = "disconnected"
    """Always `disconnected`."""
    canceled_scheduled_posts: int
    """Number of waiting posts that were canceled. Posts being sent end with their true outcome."""


class AccountQuota(ResponseStruct, frozen=True, kw_only=True):
    """An account's own limit of posts."""

    social_account_id: ids.SocialAccountId
    handle: str
    """The account's name on the platform."""
    posts: int | None
    """Maximum posts in any `seconds`; null: the platform's default."""
    seconds: int | None
    """The length of the window; null: the platform's default."""
