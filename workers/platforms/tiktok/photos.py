"""Photos: TikTok fetches them from addresses that one call alone makes known."""

import secrets

import msgspec

from domain.accounts.platform_limits import utf16
from workers.platforms.contract import Draft, Prepared
from workers.platforms.tiktok import creator
from workers.platforms.tiktok.api import Creator
from workers.platforms.tiktok.handle import Handle

TITLE_MAX = 90


def prepare(draft: Draft, made: Creator | None) -> Prepared:
    """`made` None: a draft for its owner's inbox."""
    tickets = [secrets.token_urlsafe(32) for _ in draft.media]
    addresses = [f"{file.url}/{ticket}" for file, ticket in zip(draft.media, tickets, strict=True)]
    title, description = texts(draft.caption)
    info: dict[str, object] = {"title": title, "description": description}
    if made is not None:
        info |= {"privacy_level": creator.level(draft), "disable_comment": made.comment_disabled}
    body = {
        "media_type": "PHOTO",
        "post_mode": "MEDIA_UPLOAD" if made is None else "DIRECT_POST",
        "post_info": info,
        "source_info": {"source": "PULL_FROM_URL", "photo_images": addresses, "photo_cover_index": 0},
    }
    kept = Handle(kind="photo", level=None if made is None else creator.level(draft))
    return Prepared(
        handle=msgspec.to_builtins(kept), request=msgspec.json.encode(body), tickets=tuple(tickets)
    )


def texts(caption: str) -> tuple[str, str]:
    """A title of at most 90 UTF-16 units, and the description: the caption, its first line not twice.

    Tags and mentions lead somewhere in a description only, so a first line with any stays there.
    """
    first, _, rest = caption.partition("\n")
    fits = utf16(first.strip()) <= TITLE_MAX and not {"#", "@"} & set(first)
    return (first.strip(), rest.strip()) if fits and rest.strip() else ("", caption)
