"""Description of a platform: the values that the API, the rules and the console need, without any call."""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Literal, NamedTuple
from urllib.parse import quote, urlencode

import msgspec

PrivacyLevel = Literal["public", "friends", "followers", "private"]

IMAGE_MEDIA_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
VIDEO_MEDIA_TYPES = frozenset({"video/mp4", "video/quicktime"})


class AdditionalCaptionLimit(NamedTuple):
    """Limit of a countable part of a caption, such as its hashtags."""

    unit: str
    limit: int
    count: Callable[[str], int]


class PlatformLimits(NamedTuple):
    """Limits of one platform. `measure` counts a caption's length as the platform does.

    `quota` is posts in any window of so many seconds. A post has images or one video, never both; each file
    has an allowed type and size. `video_s` is the longest video. A post may request one of `privacy_levels`;
    none if it is empty. `ai_labels` are the kinds of files with an AI label in direct posts. `caption_parts`
    are further limits of a caption. `text_only`: a post may have no files.
    """

    name: str
    caption_max: int
    measure: Callable[[str], int]
    images_max: int
    text_only: bool
    quota: tuple[int, int]
    image_bytes: int
    video_bytes: int
    mime_types: frozenset[str]
    caption_parts: tuple[AdditionalCaptionLimit, ...] = ()
    modes: frozenset[str] = frozenset({"direct"})
    video_s: float | None = None
    privacy_levels: tuple[PrivacyLevel, ...] = ()
    ai_labels: frozenset[str] = frozenset()


def compute_s256_challenge(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier: its SHA-256 in base64url without padding (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class PlatformConsentPageSpec(NamedTuple):
    """Consent page (OAuth 2, RFC 7636). `client` is its parameter for our client id.

    `challenge` derives one from a PKCE verifier. All `scopes` are required for a connection. The scopes in
    `figures` give access to the posts' figures, and follow them after a comma.
    """

    path: str
    scopes: str
    client: str = "client_id"
    challenge: Callable[[str], str] = compute_s256_challenge
    figures: str = ""

    def build_url(self, service_url: str, *, client_id: str, redirect_uri: str, state: str, challenge: str) -> str:
        query = {
            "response_type": "code",
            self.client: client_id,
            "redirect_uri": redirect_uri,
            "scope": f"{self.scopes},{self.figures}" if self.figures else self.scopes,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{service_url}{self.path}?{urlencode(query, quote_via=quote)}"


class OwnServerOAuthLogin(NamedTuple):
    """Login by the consent page of the account's own server. A job registers this application with each.

    `example` is a server's host name.
    """

    page: PlatformConsentPageSpec
    example: str


class SingleServerOAuthLogin(NamedTuple):
    """Login by the consent page of the one server for all accounts, with the operator's application.

    `url`, `client_id` and `client_secret` are names of settings.
    """

    page: PlatformConsentPageSpec
    url: str
    client_id: str
    client_secret: str


class PasswordLoginSpec(NamedTuple):
    """Login by an app password, without a consent page.

    `server` is the default login server, `identifier` the format of an account's name, `example` a name,
    `formats` the words for the format. `instructions` say where the owner creates a password.
    """

    server: str
    identifier: re.Pattern[str]
    example: str
    formats: str
    instructions: str


class PreviewLineLimits(msgspec.Struct, frozen=True):
    """Cut of a text with more than `over` lines: it shows `seen` lines before “more”."""

    over: int
    seen: int


class ConsolePreviewRules(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Display rules of the platform for the console's previews.

    `color` is the CSS background of its dot. `single` bounds the aspect ratio of a single file, `several`
    that of several files in a row; None is no bound. `grid` has the ratios of two, three and four files
    together. `order` is that of the caption and the files; `over` lays the caption over the files.
    `is_whole` fits the whole file into its frame. `has_square_face` draws the account's image with corners.
    """

    color: str
    single: tuple[float | None, float | None] = (None, None)
    several: tuple[float | None, float | None] | None = None
    grid: tuple[float, float, float] | None = None
    lines: PreviewLineLimits | None = None
    order: Literal["caption_first", "files_first", "over"] = "caption_first"
    is_whole: bool = False
    has_square_face: bool = False


class PlatformDescription(NamedTuple):
    """A platform. Its `title` is the displayed name.

    `revocation`: `account` ends every login of the account with our application, `login` ends one alone.
    None: the platform can't revoke tokens. `is_portrait`: generated content is 9:16 by default. `ad_platform`
    shows ads on this platform. `settings` has the fields of its own settings. `has_webhook`: its package has
    a module `webhook`.
    """

    title: str
    limits: PlatformLimits
    login: OwnServerOAuthLogin | SingleServerOAuthLogin | PasswordLoginSpec
    console: ConsolePreviewRules
    revocation: Literal["account", "login"] | None = "account"
    is_portrait: bool = False
    ad_platform: str | None = None
    settings: type[msgspec.Struct] | None = None
    has_webhook: bool = False

    @property
    def api_name(self) -> str:
        return self.limits.name
