"""SDK apps: the senders of a project's events, each with a key of its own."""

from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, NulFreeText, RealClockResponseStruct, RequestStruct, ResponseStruct, UtcInstant
from schemas.conversions import Capi, CapiPatch

AppPlatform = Literal["ios", "android", "web", "react-native", "flutter", "expo", "nextjs", "vite", "react-router"]

SdkAppName = Annotated[NulFreeText, Meta(min_length=1, max_length=128, examples=["Tidewise for iPhone"])]
BundleId = Annotated[NulFreeText, Meta(max_length=155, examples=["com.example.app"])]
AndroidPackage = Annotated[NulFreeText, Meta(max_length=150, examples=["com.example.app"])]
WebDomain = Annotated[NulFreeText, Meta(max_length=253, examples=["app.example.com"])]


class SdkAppCreate(RequestStruct, frozen=True, kw_only=True):
    """An SDK app to create, with its platform's identifier."""

    at_least_one: ClassVar[tuple[str, ...]] = ("bundleId", "androidPackage", "webDomain")

    name: SdkAppName
    """Your name of the app."""
    platform: AppPlatform
    """The platform or framework. It never changes."""
    bundle_id: BundleId | None = None
    """For `ios`; for `react-native`, `flutter` and `expo` either this or `androidPackage`, or both."""
    android_package: AndroidPackage | None = None
    """For `android`; for `react-native`, `flutter` and `expo` either this or `bundleId`, or both."""
    web_domain: WebDomain | None = None
    """For `web`, `nextjs`, `vite` and `react-router`: the host of the pages, or `localhost`."""


class SdkAppPatch(RequestStruct, frozen=True, kw_only=True):
    """Omitted fields stay unchanged. Only the identifiers of the app's platform are allowed."""

    name: SdkAppName | UnsetType = UNSET
    """Your name of the app."""
    bundle_id: BundleId | UnsetType | None = UNSET
    """Another bundle id; null removes it if `androidPackage` is set."""
    android_package: AndroidPackage | UnsetType | None = UNSET
    """Another package; null removes it if `bundleId` is set."""
    web_domain: WebDomain | UnsetType = UNSET
    """Another host of the pages."""
    rotate_key: bool = False
    """Whether to rotate the key; only this answer contains the new one."""
    capi: CapiPatch | UnsetType = UNSET
    """The destinations of its conversions."""
    overlap_hours: Annotated[int, Meta(ge=0, le=24)] | UnsetType = UNSET
    """Hours for which the old key stays valid; 0, the default, ends it at once. Only with `rotateKey`."""


class SdkApp(RealClockResponseStruct, frozen=True, kw_only=True):
    """An SDK app without its key."""

    app_id: ids.SdkAppId
    project_id: ids.ProjectId
    name: str
    """The app's name."""
    platform: AppPlatform
    """The platform or framework."""
    bundle_id: str | None
    """The bundle id at Apple, or null."""
    android_package: str | None
    """The Android package, or null."""
    web_domain: str | None
    """The host of the pages, as browsers send it, or null."""
    capi: Capi
    """The destinations of its conversions."""
    ingest_endpoint: str
    """The URL for its events: `POST` with its own key."""
    last_event_at: UtcInstant | None
    """When its last event arrived, to about a minute; null: none yet."""
    last_rotated_at: UtcInstant | None
    """When its key was last rotated; null: never."""
    created_at: CreatedAt


class SdkAppShown(SdkApp, frozen=True, kw_only=True):
    """The answer with an app's first key."""

    api_key: str
    """The app's key for sending events, `lpa_...`. No later answer has it."""


class SdkAppChanged(SdkApp, frozen=True, kw_only=True):
    """The app after a change."""

    api_key: str | None
    """The new key after `rotateKey`, which no later answer has; else null."""


class SdkAppDeleted(RealClockResponseStruct, frozen=True, kw_only=True):
    """A deleted app: its key is invalid, its events stay."""

    app_id: ids.SdkAppId
    deleted_at: UtcInstant
    """When it was deleted, in UTC."""


class ArrivedEvent(RealClockResponseStruct, frozen=True, kw_only=True):
    """The newest event that arrived while the job waited."""

    name: str
    """The event's name."""
    event_id: str
    """The event's id, as sent."""
    occurred_at: UtcInstant
    """The time of occurrence, as sent by the app."""
    received_at: UtcInstant
    """When it was stored."""


TrackingFindingCode = Literal["EVENTS_REFUSED", "OLD_EVENTS", "KEY_ROTATED", "NEVER_SEEN", "NONE_CAME"]


class Finding(ResponseStruct, frozen=True, kw_only=True):
    """A possible reason for missing events, with its remedy."""

    code: TrackingFindingCode
    """The code, to branch on."""
    message: str
    """The remedy."""


class Verification(RealClockResponseStruct, frozen=True, kw_only=True):
    """The result of a job of the kind `verify_tracking`."""

    verified: bool
    """Whether an event arrived while the job waited."""
    count: int
    """Number of events that arrived, up to the counting limit."""
    event: ArrivedEvent | None
    """The newest event, or null."""
    last_event_at: UtcInstant | None
    """When an earlier event of the app last arrived, to about a minute; null: never."""
    findings: list[Finding]
    """Possible reasons if no event arrived, the likeliest first."""
