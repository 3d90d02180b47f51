"""SDK apps: what sends events of a project, each with a key of its own."""

from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, In, Instant, Out, Real, Text
from schemas.conversions import Capi, CapiPatch

AppPlatform = Literal[
    "ios", "android", "web", "react-native", "flutter", "expo", "nextjs", "vite", "react-router"
]

Name = Annotated[Text, Meta(min_length=1, max_length=128, examples=["Tidewise for iPhone"])]
BundleId = Annotated[Text, Meta(max_length=155, examples=["com.example.app"])]
Package = Annotated[Text, Meta(max_length=150, examples=["com.example.app"])]
WebDomain = Annotated[Text, Meta(max_length=253, examples=["app.example.com"])]


class SdkAppCreate(In, frozen=True, kw_only=True):
    """An SDK app to make, with the identifier that its platform has."""

    at_least_one: ClassVar[tuple[str, ...]] = ("bundleId", "androidPackage", "webDomain")

    name: Name
    """What it is called, in your words."""
    platform: AppPlatform
    """What it is built for or with. It never changes."""
    bundle_id: BundleId | None = None
    """Of `ios`; of `react-native`, `flutter` and `expo` too, instead of `androidPackage` or beside it."""
    android_package: Package | None = None
    """Of `android`; of `react-native`, `flutter` and `expo` too, instead of `bundleId` or beside it."""
    web_domain: WebDomain | None = None
    """Of `web`, `nextjs`, `vite` and `react-router`: the host of its pages, or `localhost`."""


class SdkAppPatch(In, frozen=True, kw_only=True):
    """What is omitted stays. An identifier is one that the app's platform has."""

    name: Name | UnsetType = UNSET
    """What it is called, in your words."""
    bundle_id: BundleId | UnsetType | None = UNSET
    """Another bundle id; null drops it where `androidPackage` is there."""
    android_package: Package | UnsetType | None = UNSET
    """Another package; null drops it where `bundleId` is there."""
    web_domain: WebDomain | UnsetType = UNSET
    """Another host of its pages."""
    rotate_key: bool = False
    """Whether to give the app a new key, which this answer alone shows."""
    capi: CapiPatch | UnsetType = UNSET
    """Where its conversions are sent."""
    overlap_hours: Annotated[int, Meta(ge=0, le=24)] | UnsetType = UNSET
    """So long the old key works beside the new one; 0, as unless given, ends it at once. With `rotateKey`."""


class SdkApp(Real, frozen=True, kw_only=True):
    """An SDK app without its key."""

    app_id: ids.AppId
    project_id: ids.ProjectId
    name: str
    """What it is called."""
    platform: AppPlatform
    """What it is built for or with."""
    bundle_id: str | None
    """Its bundle id at Apple, or null."""
    android_package: str | None
    """Its package on Android, or null."""
    web_domain: str | None
    """The host of its pages, as browsers send it, or null."""
    capi: Capi
    """Where its conversions are sent."""
    ingest_endpoint: str
    """Where it sends its events: `POST` with its own key."""
    last_event_at: Instant | None
    """When an event of it came last, give or take a minute; null: none yet."""
    last_rotated_at: Instant | None
    """When its key was rotated last; null: never."""
    created_at: CreatedAt


class SdkAppShown(SdkApp, frozen=True, kw_only=True):
    """The answer that carries an app's first key."""

    api_key: str
    """The key that the app sends its events with, `lpa_...`. No later answer has it."""


class SdkAppChanged(SdkApp, frozen=True, kw_only=True):
    """The app after a change."""

    api_key: str | None
    """With `rotateKey` the new key, which no later answer has; else null."""


class SdkAppDeleted(Real, frozen=True, kw_only=True):
    """An app that is gone: its key opens nothing, its events stay."""

    app_id: ids.AppId
    deleted_at: Instant
    """When it was deleted, in UTC."""


class Arrived(Real, frozen=True, kw_only=True):
    """The newest event that came while a job listened for one."""

    name: str
    """What happened."""
    event_id: str
    """Its id, as it was sent."""
    occurred_at: Instant
    """When it happened, as the app says."""
    received_at: Instant
    """When it was stored."""


Trouble = Literal["EVENTS_REFUSED", "OLD_EVENTS", "KEY_ROTATED", "NEVER_SEEN", "NONE_CAME"]


class Finding(Out, frozen=True, kw_only=True):
    """A reason why no event may have come, and what to do."""

    code: Trouble
    """To branch on."""
    message: str
    """What to do."""


class Verification(Real, frozen=True, kw_only=True):
    """The result of a job of the kind `verify_tracking`."""

    verified: bool
    """Whether an event came while the job listened."""
    count: int
    """How many came, as far as they were counted."""
    event: Arrived | None
    """The newest of them, or null."""
    last_event_at: Instant | None
    """When an event of the app came last before, give or take a minute; null: none ever came."""
    findings: list[Finding]
    """Where none came: what may be wrong, the likeliest first."""
