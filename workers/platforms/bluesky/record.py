"""Record of a post, `app.bsky.feed.post`, and its key (docs.bsky.app/docs/advanced-guides/posts)."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from uuid import UUID

import regex

from workers.platforms.contract import Draft, Media

#: Digits of a TID: base 32 in the order of ASCII (atproto.com/specs/tid).
DIGITS = "234567abcdefghijklmnopqrstuvwxyz"

LINK = regex.compile(
    r"(?<![\w@#/])https?://[\w-]++(?:\.[\w-]++)++(?::\d++)?(?:[/?#][^\s<>\"]*+)?", regex.IGNORECASE
)
#: Punctuation at a link's end that belongs to the sentence.
TAIL = ".,;:!?'*"
TAG = regex.compile(r"(?<![^\s(])[#＃](?!\d++(?!\w))(\w{1,64}+)(?!\w)")
MENTION = regex.compile(r"(?<![^\s(])@((?:[a-z0-9-]++\.)++[a-z][a-z0-9-]*+)", regex.IGNORECASE)


def key_of(post_id: UUID, created_at: datetime) -> str:
    """Return the post's TID: its time to the millisecond, and 20 bits of its id's hash below that.

    It is the same at each call. If two posts of an account ever share a key, the second is refused.
    """
    chance = int.from_bytes(hashlib.sha256(post_id.bytes).digest()[:4])
    microseconds = int(created_at.timestamp() * 1000) * 1000 + chance % 1000
    number = (microseconds & (1 << 53) - 1) << 10 | chance >> 22
    return "".join(DIGITS[number >> shift & 31] for shift in range(60, -1, -5))


def record_of(draft: Draft, blobs: Sequence[Mapping[str, Any]], people: Mapping[str, str]) -> dict[str, Any]:
    """Return the record; `people` has DIDs of mentioned accounts by handle. Other mentions are plain text."""
    facets = list(chain(links(draft.caption), tags(draft.caption), mentions(draft.caption, people)))
    optional = {
        "langs": [draft.language] if draft.language else [],
        "facets": sorted(facets, key=lambda facet: int(facet["index"]["byteStart"])),
        "embed": embed(draft.media, blobs),
    }
    return {
        "$type": "app.bsky.feed.post",
        "text": draft.caption,
        "createdAt": moment(draft.created_at),
        **{name: value for name, value in optional.items() if value},
    }


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def embed(media: Sequence[Media], blobs: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    if not media:
        return None
    if media[0].kind == "video":
        return {"$type": "app.bsky.embed.video", "video": blobs[0], "aspectRatio": ratio(media[0])}
    images = [
        {"image": blob, "alt": "", "aspectRatio": ratio(file)}
        for file, blob in zip(media, blobs, strict=True)
    ]
    return {"$type": "app.bsky.embed.images", "images": images}


def ratio(file: Media) -> dict[str, int]:
    return {"width": file.width, "height": file.height}


def links(text: str) -> Iterator[dict[str, Any]]:
    for match in LINK.finditer(text):
        uri = without_tail(match[0])
        yield facet(text, match.start(), match.start() + len(uri), {"$type": f"{FACET}#link", "uri": uri})


def without_tail(uri: str) -> str:
    """Return the link without its final punctuation. It keeps a closing bracket that was opened in it."""
    bare = uri.rstrip(TAIL)
    while bare.endswith(")") and bare.count(")") > bare.count("("):
        bare = bare[:-1].rstrip(TAIL)
    return bare


def tags(text: str) -> Iterator[dict[str, Any]]:
    for match in TAG.finditer(text):
        yield facet(text, match.start(), match.end(), {"$type": f"{FACET}#tag", "tag": match[1]})


def mentioned(text: str) -> list[str]:
    """Return the handles in the text, each once."""
    return list(dict.fromkeys(match[1].lower() for match in MENTION.finditer(text)))


def mentions(text: str, people: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for match in MENTION.finditer(text):
        if did := people.get(match[1].lower()):
            yield facet(text, match.start(), match.end(), {"$type": f"{FACET}#mention", "did": did})


FACET = "app.bsky.richtext.facet"


def facet(text: str, start: int, end: int, feature: dict[str, Any]) -> dict[str, Any]:
    """Return a facet of the text between two characters; its index is in bytes of UTF-8."""
    before, within = len(text[:start].encode()), len(text[start:end].encode())
    return {"index": {"byteStart": before, "byteEnd": before + within}, "features": [feature]}
