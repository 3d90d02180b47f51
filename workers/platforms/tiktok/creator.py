"""Settings of a TikTok account that decide what its posts may be; TikTok wants them read before each post."""

from collections.abc import Mapping
from typing import Any

from domain.publishing.outgoing import Account
from schemas.errors import Rejected
from workers.platforms import media
from workers.platforms.contract import Draft
from workers.platforms.tiktok.api import Creator

#: Our privacy levels, and TikTok's words for them.
LEVELS: Mapping[str, str] = {
    "public": "PUBLIC_TO_EVERYONE",
    "friends": "MUTUAL_FOLLOW_FRIENDS",
    "followers": "FOLLOWER_OF_CREATOR",
    "private": "SELF_ONLY",
}
PUBLIC = LEVELS["public"]


def traits(creator: Creator) -> dict[str, Any]:
    """The account's traits, for scheduling."""
    found = {
        "privacyLevels": offered(creator),
        "videoSecondsMax": creator.max_video_post_duration_sec,
        "commentDisabled": creator.comment_disabled,
        "duetDisabled": creator.duet_disabled,
        "stitchDisabled": creator.stitch_disabled,
    }
    return {name: value for name, value in found.items() if value is not None}


def offered(creator: Creator) -> list[str]:
    return [word for word, level in LEVELS.items() if level in creator.privacy_level_options]


def level(draft: Draft) -> str:
    """The post's privacy level in TikTok's word; public where none was chosen."""
    return LEVELS[draft.privacy_level or "public"]


def check(account: Account, draft: Draft, creator: Creator | None) -> None:
    """Raise `Rejected` for what can't be posted. A draft (`creator` None) has only its files checked."""
    if creator is None:
        media.check(account, draft)
        return
    media.check(account, draft, traits(creator))
    if level(draft) not in creator.privacy_level_options:
        wanted, there = draft.privacy_level or "public", ", ".join(offered(creator)) or "nothing"
        raise Rejected("PRIVACY_NOT_OFFERED", f"the account can't post for {wanted}: it offers {there}")
