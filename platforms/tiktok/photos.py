"""Photo posts of TikTok, which fetches them from addresses that only one call reveals."""

import secrets

import msgspec

from platforms.caption_length import count_utf16_units
from platforms.tiktok import creator
from platforms.tiktok.api import TikTokCreatorInfo
from platforms.tiktok.handle import SavedTikTokPostProgress
from workers.platforms.contract import PostPrepareResult, PostToPublish

#: UTF-16 units of a title.
MAX_PHOTO_TITLE_UTF16_UNITS = 90


def prepare_tiktok_photo_post(
    draft: PostToPublish, creator_info: TikTokCreatorInfo | None, level: str | None
) -> PostPrepareResult:
    """Return the prepared request of a TikTok photo post; each photo's URL ends with a one-time ticket.

    `creator_info` None: a draft for the inbox. TikTok accepts no AI label on photos ("Content Posting API:
    Photo", 2026-11).
    """
    tickets = [secrets.token_urlsafe(32) for _ in draft.media]
    addresses = [f"{file.url}/{ticket}" for file, ticket in zip(draft.media, tickets, strict=True)]
    title, description = split_photo_caption(draft.caption)
    info: dict[str, object] = {"title": title, "description": description}
    if creator_info is not None:
        info |= {"privacy_level": level, "disable_comment": creator_info.comment_disabled}
    body = {
        "media_type": "PHOTO",
        "post_mode": "MEDIA_UPLOAD" if creator_info is None else "DIRECT_POST",
        "post_info": info,
        "source_info": {"source": "PULL_FROM_URL", "photo_images": addresses, "photo_cover_index": 0},
    }
    handle = SavedTikTokPostProgress(kind="photo", level=level, is_chosen=level is not None)
    return PostPrepareResult(
        handle=msgspec.to_builtins(handle),
        request=msgspec.json.encode(body),
        tickets=tuple(tickets),
        traits=None if creator_info is None else creator.build_tiktok_creator_traits(creator_info),
    )


def split_photo_caption(caption: str) -> tuple[str, str]:
    """Split a photo post's caption into a title, its first line if short and followed by text, and a description.

    Tags and mentions are links in a description only, so a first line with one stays there.
    """
    first, _, remainder = caption.partition("\n")
    fits = count_utf16_units(first.strip()) <= MAX_PHOTO_TITLE_UTF16_UNITS and not {"#", "@"} & set(first)
    return (first.strip(), remainder.strip()) if fits and remainder.strip() else ("", caption)
