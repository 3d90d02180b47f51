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
├── RedisAway            Redis is unreachable: callers continue without it
├── Fenced               an attempt wrote to a job that another attempt owns by now
├── ServerBusy           all slots for one external server are in use: the job is snoozed
├── CancelRequested      an attempt reached a step after its job was canceled
├── SourceError          a source of an ingest can't be read; its code is the job's
│   ├── FetchBlocked · RobotsDisallowed · NotHtml · TooLarge · ScrapeFailed
│   ├── SourceNotFound · SourceForbidden
│   ├── NotConfigured                        the operator hasn't configured GitHub
│   ├── NotProved · InstallationGone         an App's installation is unverified or removed
│   ├── StorageAway                          the media storage is unreachable
│   ├── FetchTimeout · SourceRateLimited     usually retryable
│   └── FetchFailed
│       └── Unreachable
├── PlatformError        a platform's error while sending; states what is certain about the post
│   ├── NotSent · Throttled · TokenExpired   nothing is live, and a retry may succeed
│   │   └── Outdated                         but the preparation must be repeated
│   ├── ReauthRequired · Rejected            nothing is live, and a retry would fail, too
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
    ├── Unsigned         401: a platform's call without a valid signature
    ├── Forbidden        403: the key lacks a scope
    ├── ApprovalRequired 403: the content awaits its approval
    ├── OriginRefused    403: a page outside of the app's domain
    ├── NotReturnable    403: the origin of `returnUrl` is not on the key's list
    ├── Invalid          422: an invalid value
    │   ├── LacksWords   the brand has too few texts for content; lists the fields
    │   └── PrivacyRequired   a target needs a privacyLevel; lists the choices
    ├── NotFound         404: absent, or of another organization
    ├── Conflict         409: the current state forbids the request
    ├── ContentRejected  409: a reviewer rejected it for good
    ├── KeyReused        409: the Idempotency-Key belongs to another request, or to one still running
    ├── Stale            412: If-Match has an outdated version
    ├── Oversized        413: more bytes than the route allows
    ├── Unsatisfiable    416: a range after the end
    ├── Unsupported      415: an unsupported content type
    ├── HostRefused      421: `Host` is no name of this process
    ├── Limited          429: a rate limit, or a cap on queued work, is reached
    ├── Killed           503: the key or its organization was switched off
    └── Unavailable      503: Postgres is unreachable, or a lock is held for too long
"""

from schemas.errors.base import (
    AttackImpossible,
    BackupFailed,
    BenchmarkFailed,
    CancelRequested,
    DemoFailed,
    Fenced,
    LocalUnavailable,
    MigrationChanged,
    RedisUnavailable,
    SealBroken,
    ServerBusy,
    SettingsInvalid,
    TenantryError,
)
from schemas.errors.generation import (
    ClipRefused,
    GenerationError,
    LibrariesMissing,
    PictureRefused,
    TextRefused,
)
from schemas.errors.model import ModelError, ModelFormatRefused, ModelInvalid, ModelRefused, ModelUnavailable
from schemas.errors.platforms import (
    OutcomeUnknown,
    PlatformError,
    PostNotSent,
    PostRejected,
    PreparationExpired,
    ReauthRequired,
    Throttled,
    TokenExpired,
)
from schemas.errors.refusals import (
    ApprovalRequired,
    AppUnauthenticated,
    BrandTooSparse,
    Conflict,
    ContentRejected,
    DomainError,
    Forbidden,
    HostRefused,
    InFlight,
    Invalid,
    KeyReused,
    Killed,
    Limited,
    Malformed,
    NotFound,
    OriginRefused,
    Oversized,
    PrivacyRequired,
    ReturnUrlRefused,
    SignatureInvalid,
    Unauthenticated,
    Unavailable,
    Unsatisfiable,
    Unsupported,
    VersionOutdated,
)
from schemas.errors.sources import (
    FetchBlocked,
    FetchFailed,
    FetchTimeout,
    InstallationGone,
    InstallationUnverified,
    NotConfigured,
    NotHtml,
    RobotsDisallowed,
    ScrapeFailed,
    SourceError,
    SourceForbidden,
    SourceNotFound,
    SourceRateLimited,
    StorageUnavailable,
    TooLarge,
    Unreachable,
)

__all__ = [
    "AppUnauthenticated",
    "ApprovalRequired",
    "AttackImpossible",
    "BackupFailed",
    "BenchmarkFailed",
    "BrandTooSparse",
    "CancelRequested",
    "ClipRefused",
    "Conflict",
    "ContentRejected",
    "DemoFailed",
    "DomainError",
    "Fenced",
    "FetchBlocked",
    "FetchFailed",
    "FetchTimeout",
    "Forbidden",
    "GenerationError",
    "HostRefused",
    "InFlight",
    "InstallationGone",
    "InstallationUnverified",
    "Invalid",
    "KeyReused",
    "Killed",
    "LibrariesMissing",
    "Limited",
    "LocalUnavailable",
    "Malformed",
    "MigrationChanged",
    "ModelError",
    "ModelFormatRefused",
    "ModelInvalid",
    "ModelRefused",
    "ModelUnavailable",
    "NotConfigured",
    "NotFound",
    "NotHtml",
    "OriginRefused",
    "OutcomeUnknown",
    "Oversized",
    "PictureRefused",
    "PlatformError",
    "PostNotSent",
    "PostRejected",
    "PreparationExpired",
    "PrivacyRequired",
    "ReauthRequired",
    "RedisUnavailable",
    "ReturnUrlRefused",
    "RobotsDisallowed",
    "ScrapeFailed",
    "SealBroken",
    "ServerBusy",
    "SettingsInvalid",
    "SignatureInvalid",
    "SourceError",
    "SourceForbidden",
    "SourceNotFound",
    "SourceRateLimited",
    "StorageUnavailable",
    "TenantryError",
    "TextRefused",
    "Throttled",
    "TokenExpired",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "Unreachable",
    "Unsatisfiable",
    "Unsupported",
    "VersionOutdated",
]
