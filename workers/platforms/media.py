"""Checks of a post's files before any of them is uploaded."""

from collections.abc import Mapping
from typing import Any

from domain.accounts.platform_limits import LIMITS_BY_PLATFORM, PostFileToCheck, find_media_objections
from domain.publishing.outgoing import PostingAccountWithAccessToken
from schemas.errors import PlatformRefusal
from workers.platforms.contract import PostToPublish


def recheck_post_files(
    account: PostingAccountWithAccessToken, draft: PostToPublish, traits: Mapping[str, Any] | None = None
) -> None:
    """Check the files of a post against the limits of its platform before they are uploaded.

    They were checked at the scheduling, but the server's limits may have changed. `traits` are newer limits
    than the account's. Raise `PlatformRefusal` for the first fault.
    """
    files = [PostFileToCheck(file.kind, file.mime_type, file.size_bytes, file.duration_ms) for file in draft.media]
    current = account.traits if traits is None else traits
    for fault in find_media_objections(LIMITS_BY_PLATFORM[account.platform], current, files):
        raise PlatformRefusal(fault.code, fault.message)
