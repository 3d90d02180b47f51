"""Limits of a caption and of an image's description (reference of IG User Media)."""

import re

from tests.peers.simulators.instagram_errors import Denied

CAPTION_MAX, HASHTAGS_MAX, MENTIONS_MAX, ALT_TEXT_MAX = 2200, 30, 20, 1000

_HASHTAG = re.compile(r"(?<![\w&])[#＃]\w+")
_MENTION = re.compile(r"(?<![\w.])[@＠][\w.]+")


def check(caption: str) -> None:
    """Meta doesn't say which characters it means: UTF-16's are the most, and those of its own program."""
    length = len(caption.encode("utf-16-le")) // 2
    if length > CAPTION_MAX:
        raise Denied("caption_too_long", length=length)
    hashtags = len(_HASHTAG.findall(caption))
    if hashtags > HASHTAGS_MAX:
        raise Denied("too_many_hashtags", count=hashtags)
    if len(_MENTION.findall(caption)) > MENTIONS_MAX:
        raise Denied("too_many_tags")


def check_alt_text(text: str) -> None:
    if len(text.encode("utf-16-le")) // 2 > ALT_TEXT_MAX:
        raise Denied("parameter", why=f"alt_text may have at most {ALT_TEXT_MAX} characters")
