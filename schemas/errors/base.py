"""The root of the error tree, and internal errors: they end a process, or an attempt."""


class TenantryError(Exception):
    """The root of every error that this product raises on purpose."""


class SettingsInvalid(TenantryError):
    """A setting is missing or malformed."""


class MigrationChanged(TenantryError):
    """The file of an applied migration was changed."""


class SealedValueInvalid(TenantryError):
    """A sealed value can't be opened: it was changed, or moved to another row."""


class LocalServerUnavailable(TenantryError):
    """A local server or process can't run here or ended at its start, or a local file is missing or unreadable."""


class BenchmarkFailed(TenantryError):
    """A benchmark with an unexpected event, so that its figures are invalid."""


class AttackRunImpossible(TenantryError):
    """`tenantry attack` has no API document, or no keys of two organizations."""


class BackupOrRestoreFailed(TenantryError):
    """A dump can't be written or read; the message has the reason and the remedy."""


class OrganizationMoveRefused(TenantryError):
    """An organization can't move to another cell now; the message has the reason and the remedy."""


class OrganizationMoveLocked(OrganizationMoveRefused):
    """Another process moves the organization, or its session has not ended yet."""


class RedisCallFailed(TenantryError):
    """Redis is unreachable, or answers with an error: callers continue without it."""


class AttemptFenced(TenantryError):
    """The job has another attempt or has ended: this attempt must not write any more."""


class GroupedWriteFailed(TenantryError):
    """A write in the settlement of many jobs failed, or took too long (`is_slow`): nothing of it is stored."""

    def __init__(self, *, is_slow: bool) -> None:
        super().__init__("a write of a completed job took too long" if is_slow else "a write of a completed job failed")
        self.is_slow = is_slow


class NoFreeServerSlot(TenantryError):
    """All of this worker's slots for one external server are in use: the job is snoozed."""


class JobCancelRequested(TenantryError):
    """A cancel of the job was accepted before this step; the attempt ends as canceled."""


class DemoFailed(TenantryError):
    """The demo's ingest or post failed: this installation is broken."""
