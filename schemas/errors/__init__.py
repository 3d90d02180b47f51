"""Errors, as one tree. `api/errors.py` turns each leaf into an answer.

TenantryError
├── SettingsInvalid      the environment lacks a setting or holds a bad one
├── SealBroken           a sealed value was changed or moved
├── MigrationChanged     an applied migration's file was edited
├── LocalUnavailable     an embedded server can't run here; the message says what to do instead
├── AttackImpossible     `tenantry attack` has no document of the API, or no keys of two organizations
├── BackupFailed         a dump can't be written or read
├── BenchmarkFailed      a run lost or doubled something, or one of its processes died: no figure
├── RedisAway            Redis can't be reached: whoever asked goes on without it
├── Fenced               an attempt wrote to a job that another one owns by now
├── ServerBusy           as many attempts as may be are at somebody else's server: the job comes again later
├── CancelRequested      an attempt came to a step after a cancel of its job was accepted
├── SourceError          what an ingest wanted to read can't be read; its code is the job's
│   ├── FetchBlocked · RobotsDisallowed · NotHtml · TooLarge · ScrapeFailed
│   ├── SourceNotFound · SourceForbidden
│   ├── NotConfigured                        the operator hasn't set what it takes
│   ├── NotProved · InstallationGone         GitHub's word on an App's installation
│   ├── StorageAway                          our own storage of media, where a file has to be kept
│   ├── FetchTimeout · SourceRateLimited     worth another try, and so most often is
│   └── FetchFailed
│       └── Unreachable
├── PlatformError        what a platform answers a sender with; says what is proved about the post
│   ├── NotSent · Throttled · TokenExpired   nothing is live, and another try is worth it
│   │   └── Outdated                         but not of what was prepared
│   ├── ReauthRequired · Rejected            nothing is live, and no repeat would change that
│   └── OutcomeUnknown                       it may be live
├── ModelError           the optional language model gave nothing usable: a warning of its ingest, no end
│   ├── ModelUnavailable
│   │   └── ModelFormatRefused   the endpoint knows no JSON schemas
│   └── ModelInvalid · ModelRefused
├── GenerationError      content can't be made as it was asked for; its code says why
│   ├── PictureRefused · ClipRefused · TextRefused   what was given can't be drawn
│   └── LibrariesMissing                     the extra `generate` isn't installed
├── DemoFailed           `up --demo` could not ingest our own page, or post in a sandbox
└── DomainError          a verb refuses; carries code, message and details
    ├── Malformed        400: not readable as what it says it is
    ├── Unauthenticated  401: one answer for every key that opens nothing
    ├── AppUnauthenticated 401: the same for keys of SDK apps
    ├── Unsigned         401: a platform's own call that it didn't sign
    ├── Forbidden        403: the key lacks a scope
    ├── ApprovalRequired 403: the content awaits its approval
    ├── OriginRefused    403: a page that is not the app's
    ├── NotReturnable    403: the key doesn't say that its people may be sent there
    ├── Invalid          422: a value that no rule allows
    │   ├── LacksWords   the brand says nothing that content could be made of; names the fields
    │   └── PrivacyRequired   a target has no privacyLevel, and its account offers several; names them
    ├── NotFound         404: absent, or another organization's
    ├── Conflict         409: the state of the thing forbids it now
    ├── ContentRejected  409: a reviewer said no, for good
    ├── KeyReused        409: the Idempotency-Key belongs to another request, or to one still running
    ├── Stale            412: If-Match names an older version
    ├── Oversized        413: more bytes than the route takes
    ├── Unsatisfiable    416: a range behind the end
    ├── Unsupported      415: a body that is not JSON
    ├── HostRefused      421: `Host` is no name of this process
    ├── Limited          429: a rate limit, or a cap on queued work, is reached
    ├── Killed           503: the key was switched off, or its organization
    └── Unavailable      503: Postgres can't be reached, or something is locked for too long
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
    RedisAway,
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
    NotSent,
    OutcomeUnknown,
    Outdated,
    PlatformError,
    ReauthRequired,
    Rejected,
    Throttled,
    TokenExpired,
)
from schemas.errors.refusals import (
    ApprovalRequired,
    AppUnauthenticated,
    Conflict,
    ContentRejected,
    DomainError,
    Forbidden,
    HostRefused,
    InFlight,
    Invalid,
    KeyReused,
    Killed,
    LacksWords,
    Limited,
    Malformed,
    NotFound,
    NotReturnable,
    OriginRefused,
    Oversized,
    PrivacyRequired,
    Stale,
    Unauthenticated,
    Unavailable,
    Unsatisfiable,
    Unsigned,
    Unsupported,
)
from schemas.errors.sources import (
    FetchBlocked,
    FetchFailed,
    FetchTimeout,
    InstallationGone,
    NotConfigured,
    NotHtml,
    NotProved,
    RobotsDisallowed,
    ScrapeFailed,
    SourceError,
    SourceForbidden,
    SourceNotFound,
    SourceRateLimited,
    StorageAway,
    TooLarge,
    Unreachable,
)

__all__ = [
    "AppUnauthenticated",
    "ApprovalRequired",
    "AttackImpossible",
    "BackupFailed",
    "BenchmarkFailed",
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
    "Invalid",
    "KeyReused",
    "Killed",
    "LacksWords",
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
    "NotProved",
    "NotReturnable",
    "NotSent",
    "OriginRefused",
    "OutcomeUnknown",
    "Outdated",
    "Oversized",
    "PictureRefused",
    "PlatformError",
    "PrivacyRequired",
    "ReauthRequired",
    "RedisAway",
    "Rejected",
    "RobotsDisallowed",
    "ScrapeFailed",
    "SealBroken",
    "ServerBusy",
    "SettingsInvalid",
    "SourceError",
    "SourceForbidden",
    "SourceNotFound",
    "SourceRateLimited",
    "Stale",
    "StorageAway",
    "TenantryError",
    "TextRefused",
    "Throttled",
    "TokenExpired",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "Unreachable",
    "Unsatisfiable",
    "Unsigned",
    "Unsupported",
]
