"""The root of the tree, and errors that no caller sees: they end a process, or an attempt."""


class TenantryError(Exception):
    """The root of every error that this product raises on purpose."""


class SettingsInvalid(TenantryError):
    """A setting is missing or malformed."""


class MigrationChanged(TenantryError):
    """An applied migration no longer has the text that was applied."""


class SealBroken(TenantryError):
    """A sealed value doesn't open in its row: it was changed, or lies in another row than it was made for."""


class LocalUnavailable(TenantryError):
    """An embedded server can't run on this machine, or not in this folder, or ended at its start."""


class BenchmarkFailed(TenantryError):
    """A benchmark in which something else happened than should have, so there is no figure to print."""


class AttackImpossible(TenantryError):
    """`tenantry attack` has no document of the API, or no keys of two organizations."""


class BackupFailed(TenantryError):
    """A dump can't be written or read; the message says why, and what to do."""


class RedisAway(TenantryError):
    """Redis can't be reached, or answers with an error: nothing depends on it."""


class Fenced(TenantryError):
    """The job went to another attempt or ended; whatever this one still wanted to write must not happen."""


class ServerBusy(TenantryError):
    """Somebody else's server has all slots of this worker that one may have: the job comes again later."""


class CancelRequested(TenantryError):
    """A cancel of the job was accepted before this step; the attempt ends as canceled."""


class DemoFailed(TenantryError):
    """The ingest of our own page, or a post of it, did not end well: this installation is broken."""
