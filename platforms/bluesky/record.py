"""Record of a post, `app.bsky.feed.post`, and its key (docs.bsky.app/docs/advanced-guides/posts)."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from uuid import UUID

import regex

from workers.platforms.contract import PostDraft, PostFile

#: Digits of a TID: base 32 in the order of ASCII (atproto.com/specs/tid).
TID_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"

LINK_IN_CAPTION = regex.compile(
    r"(?<![\w@#/])https?://[\w-]++(?:\.[\w-]++)++(?::\d++)?(?:[/?#][^\s<>\"]*+)?", regex.IGNORECASE
)
#: Punctuation at a link's end that belongs to the sentence.
LINK_PUNCTUATION = ".,;:!?'*"
HASHTAG_IN_CAPTION = regex.compile(r"(?<![^\s(])[#＃](?!\d++(?!\w))(\w{1,64}+)(?!\w)")
MENTION_IN_CAPTION = regex.compile(r"(?<![^\s(])@((?:[a-z0-9-]++\.)++[a-z][a-z0-9-]*+)", regex.IGNORECASE)


def record_key(post_id: UUID, created_at: datetime) -> str:
    """Return the post's TID: its time to the millisecond, and 20 bits of its id's hash below that.

    It is the same at each call. If two posts of an account ever share a key, the second is refused.
    """
    chance = int.from_bytes(hashlib.sha256(post_id.bytes).digest()[:4])
    microseconds = int(created_at.timestamp() * 1000) * 1000 + chance % 1000
    number = (microseconds & (1 << 53) - 1) << 10 | chance >> 22
    return "".join(TID_DIGITS[number >> shift & 31] for shift in range(60, -1, -5))


def build_record(
    draft: PostDraft, blobs: Sequence[Mapping[str, Any]], people: Mapping[str, str]
) -> dict[str, Any]:
    """Return the record; `people` has DIDs of mentioned accounts by handle. Other mentions are plain text."""
    facets = list(
        chain(iter_links(draft.caption), iter_tags(draft.caption), iter_mentions(draft.caption, people))
    )
    optional = {
        "langs": [draft.language] if draft.language else [],
        "facets": sorted(facets, key=lambda facet: int(facet["index"]["byteStart"])),
        "embed": build_embed(draft.media, blobs),
    }
    return {
        "$type": "app.bsky.feed.post",
        "text": draft.caption,
        "createdAt": format_time(draft.created_at),
        **{name: value for name, value in optional.items() if value},
    }


def format_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def build_embed(media: Sequence[PostFile], blobs: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    if not media:
        return None
    if media[0].kind == "video":
        return {"$type": "app.bsky.embed.video", "video": blobs[0], "aspectRatio": aspect_ratio(media[0])}
    images = [
        {"image": blob, "alt": "", "aspectRatio": aspect_ratio(file)}
        for file, blob in zip(media, blobs, strict=True)
    ]
    return {"$type": "app.bsky.embed.images", "images": images}


def aspect_ratio(file: PostFile) -> dict[str, int]:
    return {"width": file.width, "height": file.height}


def iter_links(text: str) -> Iterator[dict[str, Any]]:
    for match in LINK_IN_CAPTION.finditer(text):
        uri = strip_punctuation(match[0])
        yield build_facet(
            text, match.start(), match.start() + len(uri), {"$type": f"{FACET}#link", "uri": uri}
        )


def strip_punctuation(uri: str) -> str:
    """Return the link without its final punctuation. It keeps a closing bracket that was opened in it."""
    bare = uri.rstrip(LINK_PUNCTUATION)
    while bare.endswith(")") and bare.count(")") > bare.count("("):
        bare = bare[:-1].rstrip(LINK_PUNCTUATION)
    return bare


def iter_tags(text: str) -> Iterator[dict[str, Any]]:
    for match in HASHTAG_IN_CAPTION.finditer(text):
        yield build_facet(text, match.start(), match.end(), {"$type": f"{FACET}#tag", "tag": match[1]})


def list_handles(text: str) -> list[str]:
    """Return the handles in the text, each once."""
    return list(dict.fromkeys(match[1].lower() for match in MENTION_IN_CAPTION.finditer(text)))


def iter_mentions(text: str, people: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for match in MENTION_IN_CAPTION.finditer(text):
        if did := people.get(match[1].lower()):
            yield build_facet(text, match.start(), match.end(), {"$type": f"{FACET}#mention", "did": did})


FACET = "app.bsky.richtext.facet"


def build_facet(text: str, start: int, end: int, feature: dict[str, Any]) -> dict[str, Any]:
    """Return a facet of the text between two characters; its index is in bytes of UTF-8."""
    before, within = len(text[:start].encode()), len(text[start:end].encode())
    return {"index": {"byteStart": before, "byteEnd": before + within}, "features": [feature]}
