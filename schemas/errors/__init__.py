"""The error tree below `TenantryError`: all of its classes. The docstring of a class has its meaning.

`base.py` has the root and the internal errors. `refusals.py` has each `DomainError`, a refusal by a domain
function. `api/http/errors.py` maps those to responses, and `absent.py` builds the 404 ones. The other modules
have the errors of sources, platforms, language models and content generation.

Read `base.py`, `refusals.py` and `sources.py` first.
"""

from schemas.errors.base import (
    AttackRunImpossible,
    AttemptFenced,
    BackupOrRestoreFailed,
    BenchmarkFailed,
    DemoFailed,
    GroupedWriteFailed,
    JobCancelRequested,
    LocalServerUnavailable,
    MigrationChanged,
    NoFreeServerSlot,
    OrganizationMoveLocked,
    OrganizationMoveRefused,
    RedisCallFailed,
    SealedValueInvalid,
    SettingsInvalid,
    TenantryError,
)
from schemas.errors.generation import (
    ClipRefused,
    GenerationError,
    NoGenerateExtra,
    PictureRefused,
    TemplateRefused,
    UndrawableTextRefused,
)
from schemas.errors.model import (
    LanguageModelError,
    LanguageModelFormatRefused,
    LanguageModelRefusedToAnswer,
    LanguageModelUnavailable,
    LlmOutputInvalid,
)
from schemas.errors.platforms import (
    AccessTokenExpired,
    AccountReauthRequired,
    PlatformError,
    PlatformRefusal,
    PlatformThrottled,
    PostNotSent,
    PostOutcomeUnknown,
    PostPreparationExpired,
)
from schemas.errors.refusals import (
    ApiKeyScopeMissing,
    ApiKeyUnauthenticated,
    ApprovalRequired,
    BodyOversized,
    BrandTooSparse,
    ContentRejected,
    DomainError,
    HostHeaderRefused,
    IdempotencyKeyReused,
    IdempotentRequestInFlight,
    InvalidValue,
    KillSwitchActive,
    LimitReached,
    MalformedBody,
    MediaTypeUnsupported,
    ObjectNotFound,
    PlatformWebhookSignatureInvalid,
    PrivacyLevelRequired,
    RangeUnsatisfiable,
    ReturnUrlRefused,
    SdkAppKeyUnauthenticated,
    SdkWebOriginRefused,
    ServiceUnavailable,
    StateConflict,
    TemplateInvalid,
    VersionOutdated,
)
from schemas.errors.sources import (
    FetchAddressNotAllowed,
    FetchedSourceUnusable,
    FetchFailed,
    GitHubInstallationGone,
    GitHubInstallationUnverified,
    GitHubNotConfigured,
    RobotsDisallowed,
    SourceError,
    SourceFileStorageUnavailable,
    SourceForbidden,
    SourceNotFound,
    SourceNotHtml,
    SourceRateLimited,
    SourceTimeout,
    SourceTooLarge,
    SourceUnreachable,
)
