"""The error tree. `api/http/errors.py` maps each `DomainError` to a response.

Read `base.py`, `refusals.py` and `sources.py` first.

TenantryError
├── SettingsInvalid      a setting is missing or invalid
├── SealBroken           a sealed value was changed or moved
├── MigrationChanged     an applied migration's file was edited
├── LocalUnavailable     an embedded server can't run here; the message has the remedy
├── AttackImpossible     `tenantry attack` has no API document, or no keys of two organizations
├── BackupFailed         a dump can't be written or read
├── BenchmarkFailed      a run lost or doubled work, or a process died: its figures are invalid
├── RedisUnavailable     Redis is unreachable: callers continue without it
├── Fenced               an attempt wrote to a job that another attempt owns by now
├── ServerBusy           all slots for one external server are in use: the job is snoozed
├── CancelRequested      an attempt reached a step after its job was canceled
├── SourceError          a source of an ingest can't be read; its code is the job's
│   ├── FetchBlocked · RobotsDisallowed · NotHtml · TooLarge · ScrapeFailed
│   ├── SourceNotFound · SourceForbidden
│   ├── NotConfigured                        the operator hasn't configured GitHub
│   ├── InstallationUnverified · InstallationGone   an App's installation is unverified or removed
│   ├── StorageUnavailable                   the media storage is unreachable
│   ├── FetchTimeout · SourceRateLimited     usually retryable
│   └── FetchFailed
│       └── Unreachable
├── PlatformError        a platform's error while sending; states what is certain about the post
│   ├── PostNotSent · Throttled · TokenExpired   nothing is live, and a retry may succeed
│   │   └── PreparationExpired               but the preparation must be repeated
│   ├── ReauthRequired · PostRejected        nothing is live, and a retry would fail, too
│   └── OutcomeUnknown                       it may be live
├── ModelError           no usable model output: a warning of the ingest, which continues
│   ├── ModelUnavailable
│   │   └── ModelFormatRefused   the endpoint supports no JSON schemas
│   └── ModelInvalid · ModelRefused
├── GenerationError      content can't be generated as requested; its code is the reason
│   ├── PictureRefused · ClipRefused · TextRefused   the input can't be drawn
│   └── LibrariesMissing                     the extra `generate` isn't installed
├── DemoFailed           `up --demo` could not ingest its own page, or post in a sandbox
└── DomainError          a domain function refuses; has code, message and details
    ├── Malformed        400: the body can't be parsed
    ├── Unauthenticated  401: one answer for every invalid key
    ├── AppUnauthenticated 401: the same for keys of SDK apps
    ├── SignatureInvalid 401: a platform's call without a valid signature
    ├── Forbidden        403: the key lacks a scope
    ├── ApprovalRequired 403: the content awaits its approval
    ├── OriginRefused    403: a page outside of the app's domain
    ├── ReturnUrlRefused 403: the origin of `returnUrl` is not on the key's list
    ├── Invalid          422: an invalid value
    │   ├── BrandTooSparse    the brand has too few texts for content; lists the fields
    │   └── PrivacyRequired   a target needs a privacyLevel; lists the choices
    ├── NotFound         404: absent, or of another organization
    ├── Conflict         409: the current state forbids the request
    ├── ContentRejected  409: a reviewer rejected it for good
    ├── KeyReused        409: the Idempotency-Key belongs to another request, or to one still running
    ├── VersionOutdated  412: If-Match has an outdated version
    ├── Oversized        413: more bytes than the route allows
    ├── Unsatisfiable    416: a range after the end
    ├── Unsupported      415: an unsupported content type
    ├── HostRefused      421: `Host` is no name of this process
    ├── Limited          429: a rate limit, or a cap on queued work, is reached
    ├── Killed           503: the key or its organization was switched off
    └── Unavailable      503: Postgres is unreachable, or a lock is held for too long
"""

from schemas.errors.base import (
    AttackRunImpossible,
    AttemptFenced,
    BackupFailed,
    BenchmarkFailed,
    DemoFailed,
    ExternalServerBusy,
    JobCancelRequested,
    LocalServerUnavailable,
    MigrationChanged,
    RedisUnavailable,
    SealedValueInvalid,
    SettingsInvalid,
    TenantryError,
)
from schemas.errors.generation import ClipRefused, GenerationError, LibrariesMissing, PictureRefused, TextRefused
from schemas.errors.model import ModelError, ModelFormatRefused, ModelInvalid, ModelRefused, ModelUnavailable
from schemas.errors.platforms import (
    AccessTokenExpired,
    AccountReauthRequired,
    PlatformError,
    PlatformThrottled,
    PostNotSent,
    PostOutcomeUnknown,
    PostPreparationExpired,
    PostRejected,
)
from schemas.errors.refusals import (
    ApiKeyUnauthenticated,
    ApprovalRequired,
    AppUnauthenticated,
    BodyOversized,
    BrandTooSparse,
    ContentRejected,
    DomainError,
    HostHeaderRefused,
    IdempotencyKeyReused,
    InvalidValue,
    KillSwitchActive,
    LimitReached,
    MalformedBody,
    MediaTypeUnsupported,
    ObjectNotFound,
    OriginRefused,
    PrivacyLevelRequired,
    RangeUnsatisfiable,
    RequestInFlight,
    ReturnUrlRefused,
    ScopeMissing,
    ServiceUnavailable,
    SignatureInvalid,
    StateConflict,
    VersionOutdated,
)
from schemas.errors.sources import (
    FetchBlocked,
    FetchFailed,
    GitHubInstallationGone,
    GitHubInstallationUnverified,
    GitHubNotConfigured,
    MediaStorageUnavailable,
    RobotsDisallowed,
    ScrapeFailed,
    SourceError,
    SourceForbidden,
    SourceNotFound,
    SourceNotHtml,
    SourceRateLimited,
    SourceTimeout,
    SourceTooLarge,
    SourceUnreachable,
)

__all__ = [
    "AccessTokenExpired",
    "AccountReauthRequired",
    "ApiKeyUnauthenticated",
    "AppUnauthenticated",
    "ApprovalRequired",
    "AttackRunImpossible",
    "AttemptFenced",
    "BackupFailed",
    "BenchmarkFailed",
    "BodyOversized",
    "BrandTooSparse",
    "ClipRefused",
    "ContentRejected",
    "DemoFailed",
    "DomainError",
    "ExternalServerBusy",
    "FetchBlocked",
    "FetchFailed",
    "GenerationError",
    "GitHubInstallationGone",
    "GitHubInstallationUnverified",
    "GitHubNotConfigured",
    "HostHeaderRefused",
    "IdempotencyKeyReused",
    "InvalidValue",
    "JobCancelRequested",
    "KillSwitchActive",
    "LibrariesMissing",
    "LimitReached",
    "LocalServerUnavailable",
    "MalformedBody",
    "MediaStorageUnavailable",
    "MediaTypeUnsupported",
    "MigrationChanged",
    "ModelError",
    "ModelFormatRefused",
    "ModelInvalid",
    "ModelRefused",
    "ModelUnavailable",
    "ObjectNotFound",
    "OriginRefused",
    "PictureRefused",
    "PlatformError",
    "PlatformThrottled",
    "PostNotSent",
    "PostOutcomeUnknown",
    "PostPreparationExpired",
    "PostRejected",
    "PrivacyLevelRequired",
    "RangeUnsatisfiable",
    "RedisUnavailable",
    "RequestInFlight",
    "ReturnUrlRefused",
    "RobotsDisallowed",
    "ScopeMissing",
    "ScrapeFailed",
    "SealedValueInvalid",
    "ServiceUnavailable",
    "SettingsInvalid",
    "SignatureInvalid",
    "SourceError",
    "SourceForbidden",
    "SourceNotFound",
    "SourceNotHtml",
    "SourceRateLimited",
    "SourceTimeout",
    "SourceTooLarge",
    "SourceUnreachable",
    "StateConflict",
    "TenantryError",
    "TextRefused",
    "VersionOutdated",
]
