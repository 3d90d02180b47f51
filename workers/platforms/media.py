"""What a post's files must be before any of them is uploaded."""

from domain.platforms import PLATFORMS, File, faults_of_files
from domain.work import Account
from schemas.errors import Rejected
from workers.platforms.contract import Draft


def check(account: Account, draft: Draft) -> None:
    """Again, as when it was scheduled: what an account's server takes may have changed. Raises `Rejected`."""
    files = [File(file.kind, file.mime_type, file.size_bytes, file.duration_ms) for file in draft.media]
    for fault in faults_of_files(PLATFORMS[account.platform], account.traits, files):
        raise Rejected(fault.code, fault.message)
