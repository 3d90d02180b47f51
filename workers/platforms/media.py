"""Checks of a post's files before any of them is uploaded."""

from collections.abc import Mapping
from typing import Any

from domain.accounts.platform_limits import PLATFORMS, LimitedFile, faults_of_files
from domain.publishing.outgoing import PostingAccount
from schemas.errors import PostRejected
from workers.platforms.contract import PostDraft


def check_files(account: PostingAccount, draft: PostDraft, traits: Mapping[str, Any] | None = None) -> None:
    """Check the files again as at the scheduling: the server's limits may have changed. Raises
    `PostRejected`.

    `traits` are newer ones than the account's.
    """
    files = [
        LimitedFile(file.kind, file.mime_type, file.size_bytes, file.duration_ms) for file in draft.media
    ]
    current = account.traits if traits is None else traits
    for fault in faults_of_files(PLATFORMS[account.platform], current, files):
        raise PostRejected(fault.code, fault.message)
