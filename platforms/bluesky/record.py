"""Record of a post, `app.bsky.feed.post`, and its key (docs.bsky.app/docs/advanced-guides/posts)."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import regex

from workers.platforms.contract import PostFile, PostToPublish

#: Digits of a TID: base 32 in the order of ASCII (atproto.com/specs/tid).
TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"

BLUESKY_LINK_PATTERN = regex.compile(
    r"(?<![\w@#/])https?://[\w-]++(?:\.[\w-]++)++(?::\d++)?(?:[/?#][^\s<>\"]*+)?", regex.IGNORECASE
)
#: Punctuation at a link's end that belongs to the sentence.
TRAILING_LINK_PUNCTUATION = ".,;:!?'*"
BLUESKY_HASHTAG_PATTERN = regex.compile(r"(?<![^\s(])[#＃](?!\d++(?!\w))(\w{1,64}+)(?!\w)")
BLUESKY_MENTION_PATTERN = regex.compile(r"(?<![^\s(])@((?:[a-z0-9-]++\.)++[a-z][a-z0-9-]*+)", regex.IGNORECASE)


def compute_bluesky_record_key(post_id: UUID, created_at: datetime) -> str:
    """Return the post's TID: its time to the millisecond, and 20 bits of its id's hash below that.

    It is the same at each call. If two posts of an account ever share a key, the second is refused.
    """
    chance = int.from_bytes(hashlib.sha256(post_id.bytes).digest()[:4])
    microseconds = int(created_at.timestamp() * 1000) * 1000 + chance % 1000
    number = (microseconds & (1 << 53) - 1) << 10 | chance >> 22
    return "".join(TID_ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))


def build_bluesky_post_record(
    draft: PostToPublish, blobs: Sequence[Mapping[str, Any]], people: Mapping[str, str]
) -> dict[str, Any]:
    """Return a post's record with `blobs` as its files; `people` has DIDs by handle, other mentions are plain text."""
    facets = [
        *iter_link_facets(draft.caption),
        *iter_hashtag_facets(draft.caption),
        *iter_mention_facets(draft.caption, people),
    ]
    optional = {
        "langs": [draft.language] if draft.language else [],
        "facets": sorted(facets, key=lambda facet: int(facet["index"]["byteStart"])),
        "embed": build_media_embed(draft.media, blobs),
    }
    return {
        "$type": "app.bsky.feed.post",
        "text": draft.caption,
        "createdAt": draft.created_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        **{name: value for name, value in optional.items() if value},
    }


def build_media_embed(media: Sequence[PostFile], blobs: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    if not media:
        return None
    if media[0].kind == "video":
        return {"$type": "app.bsky.embed.video", "video": blobs[0], "aspectRatio": aspect_ratio_of_file(media[0])}
    images = [
        {"image": blob, "alt": "", "aspectRatio": aspect_ratio_of_file(file)}
        for file, blob in zip(media, blobs, strict=True)
    ]
    return {"$type": "app.bsky.embed.images", "images": images}


def aspect_ratio_of_file(file: PostFile) -> dict[str, int]:
    return {"width": file.width, "height": file.height}


def iter_link_facets(text: str) -> Iterator[dict[str, Any]]:
    for match in BLUESKY_LINK_PATTERN.finditer(text):
        uri = strip_link_punctuation(match[0])
        yield build_richtext_facet(text, match.start(), match.start() + len(uri), "link", uri=uri)


def strip_link_punctuation(uri: str) -> str:
    """Return a link without the sentence's punctuation at its end.

    A closing bracket stays if the link contains its opening bracket.
    """
    bare = uri.rstrip(TRAILING_LINK_PUNCTUATION)
    while bare.endswith(")") and bare.count(")") > bare.count("("):
        bare = bare[:-1].rstrip(TRAILING_LINK_PUNCTUATION)
    return bare


def iter_hashtag_facets(text: str) -> Iterator[dict[str, Any]]:
    for match in BLUESKY_HASHTAG_PATTERN.finditer(text):
        yield build_richtext_facet(text, match.start(), match.end(), "tag", tag=match[1])


def list_mentioned_handles(text: str) -> list[str]:
    """Return the handles that a caption mentions, in lower case and in their order, each once."""
    return list(dict.fromkeys(match[1].lower() for match in BLUESKY_MENTION_PATTERN.finditer(text)))


def iter_mention_facets(text: str, people: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for match in BLUESKY_MENTION_PATTERN.finditer(text):
        if did := people.get(match[1].lower()):
            yield build_richtext_facet(text, match.start(), match.end(), "mention", did=did)


def build_richtext_facet(text: str, start: int, end: int, kind: str, **value: str) -> dict[str, Any]:
    """Return the facet that marks `text[start:end]` as a link, hashtag or mention; its index is in bytes of UTF-8."""
    before, within = len(text[:start].encode()), len(text[start:end].encode())
    feature = {"$type": f"app.bsky.richtext.facet#{kind}", **value}
    return {"index": {"byteStart": before, "byteEnd": before + within}, "features": [feature]}
