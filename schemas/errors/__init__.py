"""The error tree below `TenantryError`: all of its classes. The docstring of a class has its meaning.

`base.py` has the root and the internal errors. `refusals.py` has each `DomainError`, a refusal by a domain
function. `api/http/errors.py` maps those to responses, and `absent.py` builds the 404 ones. The other modules
have the errors of sources, platforms, language models and content generation.

Read `base.py`, `refusals.py` and `sources.py` first.
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
