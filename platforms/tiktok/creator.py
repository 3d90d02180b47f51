"""Settings of a TikTok account that limit its posts; TikTok requires a read before each post."""

from collections.abc import Mapping
from typing import Any

from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.tiktok.api import TikTokCreatorInfo
from schemas.errors import PlatformRefusal
from workers.platforms import media
from workers.platforms.contract import PostToPublish

#: The API's privacy levels, and TikTok's words for them.
TIKTOK_VALUE_BY_PRIVACY_LEVEL: Mapping[str, str] = {
    "public": "PUBLIC_TO_EVERYONE",
    "friends": "MUTUAL_FOLLOW_FRIENDS",
    "followers": "FOLLOWER_OF_CREATOR",
    "private": "SELF_ONLY",
}
TIKTOK_PUBLIC_PRIVACY_LEVEL = TIKTOK_VALUE_BY_PRIVACY_LEVEL["public"]


def build_tiktok_creator_traits(creator: TikTokCreatorInfo) -> dict[str, Any]:
    """Return a TikTok account's posting options as traits, for the checks at scheduling.

    Options without a value are left out.
    """
    fields = {
        "privacyLevels": get_tiktok_creator_privacy_levels(creator),
        "videoSecondsMax": creator.max_video_post_duration_sec,
        "commentDisabled": creator.comment_disabled,
        "duetDisabled": creator.duet_disabled,
        "stitchDisabled": creator.stitch_disabled,
    }
    return {name: value for name, value in fields.items() if value is not None}


def get_tiktok_creator_privacy_levels(creator: TikTokCreatorInfo) -> list[str]:
    return [word for word, level in TIKTOK_VALUE_BY_PRIVACY_LEVEL.items() if level in creator.privacy_level_options]


def choose_tiktok_privacy_level(draft: PostToPublish, creator: TikTokCreatorInfo) -> str:
    """Return the post's privacy level in TikTok's word: the chosen one, or the account's only one.

    "Content Sharing Guidelines": the creator chooses, and no level is a default. Raises `PlatformRefusal`
    without a choice, and for a level that the account does not offer.
    """
    offer = ", ".join(get_tiktok_creator_privacy_levels(creator)) or "nothing"
    if draft.privacy_level is None:
        if len(creator.privacy_level_options) == 1:
            return creator.privacy_level_options[0]
        raise PlatformRefusal(
            "PRIVACY_REQUIRED", f"the post has no privacy level: schedule it again with a privacyLevel of {offer}"
        )
    if TIKTOK_VALUE_BY_PRIVACY_LEVEL[draft.privacy_level] not in creator.privacy_level_options:
        message = f"the account doesn't offer the privacyLevel {draft.privacy_level}: it offers {offer}"
        raise PlatformRefusal("PRIVACY_NOT_OFFERED", message)
    return TIKTOK_VALUE_BY_PRIVACY_LEVEL[draft.privacy_level]


def check_draft_and_choose_privacy_level(
    account: PostingAccountWithAccessToken, draft: PostToPublish, creator: TikTokCreatorInfo | None
) -> str | None:
    """Check a draft's files against a TikTok account's options; return its privacy level in TikTok's word.

    For a draft for the inbox (`creator` None) check the files by the stored traits, and return None. Raises
    `PlatformRefusal` for the first fault.
    """
    if creator is None:
        media.recheck_post_files(account, draft)
        return None
    media.recheck_post_files(account, draft, build_tiktok_creator_traits(creator))
    return choose_tiktok_privacy_level(draft, creator)
