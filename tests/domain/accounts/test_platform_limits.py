"""Limits of the platforms, checked before a request is sent."""

import time
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as some

from domain.accounts.platform_limits import (
    LIMITS_BY_PLATFORM,
    PostFileToCheck,
    account_caption_limit,
    find_caption_objections,
    find_media_objections,
    max_media_bytes,
)
from domain.publishing import quotas
from platforms.caption_length import count_graphemes
from platforms.mastodon.description import count_mastodon_characters

LONG = "https://example.com/" + "b" * 200
FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"


IMAGE, VIDEO = (PostFileToCheck("image", "image/png", 10, None), PostFileToCheck("video", "video/mp4", 10, 1000))
MOV = "video/quicktime"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("plain", 5),
        (FAMILY, 1),
        (LONG, 23),
        ("http://a.io", 23),
        (f"see {LONG}?q=1&r=2#top.", 4 + 23 + 1),
        (f"({LONG})", 25),
        (f"{LONG} {LONG}", 47),
        ("http://example.com/straße-1", 23),
        ("https://m.example/@bob@other.example", 23),
        ("@alice@" + "b" * 30 + ".com", 6),
        ("hi @alice@example.org, @bob", 3 + 6 + 2 + 4),
        ("@a@b.example @c@d.example", 5),
    ],
)
def test_mastodon_counts_a_link_as_23_and_a_mention_without_its_server(text: str, count: int) -> None:
    assert count_mastodon_characters(text) == count


@pytest.mark.parametrize(
    "text",
    [
        "example.com/without-a-scheme-is-no-link-and-counts-in-full",
        "https://nothing",
        "https://192.168.0.1/an-address",
        "https://example.c0m/not-a-domain",
        "ftp://example.com/another-scheme-than-the-two-of-the-web",
        "xhttps://example.com/inside-a-word-there-is-no-link",
        "mail@alice@example.com",
    ],
)
def test_ambiguous_link_counts_in_full(text: str) -> None:
    assert count_mastodon_characters(text) == len(text)


@pytest.mark.timing
@pytest.mark.parametrize(
    "piece", ["https://", "https://a.", "a.", "@a@b.", "@a", "http://a.io/", "a-", "\N{GRINNING FACE}"]
)
def test_no_caption_takes_long_to_count(piece: str) -> None:
    begun = time.process_time()
    count_mastodon_characters(piece * 20_000)
    assert time.process_time() - begun < 2


ODD = "\r\n\u200d\u0301\u3099\ufe0f\u0600\u0903\u1100\u1161\u11a8가각か🇫🇷👍🏽👩©aж漢"


@given(some.text(some.sampled_from(ODD) | some.characters(codec="utf-8"), max_size=40))
def test_graphemes_match_unicode_segmentation(text: str) -> None:
    assert count_graphemes(text) == len(regex.findall(r"\X", text))


@pytest.mark.parametrize(
    ("traits", "expected"),
    [({}, 500), ({"captionMax": 5000}, 5000), ({"captionMax": 0}, 500), ({"captionMax": "5000"}, 500)],
)
def test_instance_caption_limit_overrides_platform(traits: dict[str, Any], expected: int) -> None:
    assert account_caption_limit(LIMITS_BY_PLATFORM["mastodon"], traits) == expected


def test_instance_byte_limit_overrides_platform() -> None:
    mastodon, traits = LIMITS_BY_PLATFORM["mastodon"], {"imageBytesMax": 1, "videoBytesMax": 2}
    assert [max_media_bytes(mastodon, kind, traits) for kind in ("image", "video")] == [1, 2]
    assert [max_media_bytes(mastodon, kind, {}) for kind in ("image", "video")] == [16 << 20, 99 << 20]


@pytest.mark.parametrize(
    ("name", "files", "code"),
    [
        ("bluesky", [], None),
        ("bluesky", [IMAGE] * 4, None),
        ("bluesky", [VIDEO], None),
        ("bluesky", [IMAGE] * 5, "MEDIA_TOO_MANY"),
        ("mastodon", [VIDEO] * 2, "MEDIA_TOO_MANY"),
        ("mastodon", [IMAGE, VIDEO], "MEDIA_MIXED"),
        ("bluesky", [IMAGE, IMAGE._replace(size_bytes=2_000_001)], "MEDIA_TOO_LARGE"),
        ("mastodon", [IMAGE._replace(size_bytes=2_000_001)], None),
        ("bluesky", [VIDEO._replace(mime_type=MOV)], "MEDIA_REFUSED"),
        ("mastodon", [VIDEO._replace(mime_type=MOV)], None),
        ("instagram", [IMAGE._replace(mime_type="image/jpeg")] * 10, None),
        ("instagram", [IMAGE._replace(mime_type="image/jpeg")] * 11, "MEDIA_TOO_MANY"),
        ("instagram", [], "MEDIA_MISSING"),
    ],
)
def test_faults_of_a_posts_files(name: str, files: list[PostFileToCheck], code: str | None) -> None:
    found = [fault.code for fault in find_media_objections(LIMITS_BY_PLATFORM[name], {}, files)]
    assert found == ([code] if code else [])


@pytest.mark.parametrize(
    ("caption", "excess"),
    [
        ("x" * 2200, None),
        ("x" * 2201, "2201 characters and instagram takes 2200"),
        ("\N{GRINNING FACE}" * 1100, None),
        ("\N{GRINNING FACE}" * 1101, "2202 characters and instagram takes 2200"),
        ("#tag " * 30, None),
        ("#tag " * 31, "31 hashtags and instagram takes 30"),
        ("\N{FULLWIDTH NUMBER SIGN}\u30d1\u30f3 " * 31, "31 hashtags and instagram takes 30"),
        ("&#1; # #\n" * 31, None),
        ("#one#two" * 16, "32 hashtags and instagram takes 30"),
        ("@a.person, " * 20, None),
        ("@a.person, " * 21, "21 mentions and instagram takes 20"),
        ("me@example.com " * 21, None),
    ],
)
def test_instagram_counts_characters_hashtags_and_mentions(caption: str, excess: str | None) -> None:
    faults = [f"the caption has {excess}: shorten it"] if excess else []
    assert list(find_caption_objections(LIMITS_BY_PLATFORM["instagram"], 2200, caption)) == faults


def test_other_platforms_ignore_hashtags() -> None:
    assert list(find_caption_objections(LIMITS_BY_PLATFORM["mastodon"], 500, "#t @a " * 80)) == []


@pytest.mark.parametrize(
    ("traits", "operator", "expected"),
    [
        ({}, None, (25, 86400)),
        ({"quotaPosts": 50, "quotaSeconds": 86400}, None, (50, 86400)),
        ({"quotaPosts": 50, "quotaSeconds": 86400}, 3, (3, 60)),
        ({"quotaPosts": 50}, None, (25, 86400)),
        ({"quotaPosts": "50", "quotaSeconds": -1}, None, (25, 86400)),
        ({"quotaPosts": 50, "quotaSeconds": 10**9}, None, (25, 86400)),
        ({"quotaPosts": 10**19, "quotaSeconds": 86400}, None, (25, 86400)),
    ],
)
def test_operator_quota_overrides_account_and_platform(
    traits: dict[str, Any], operator: int | None, expected: tuple[int, float]
) -> None:
    found = quotas.find_account_post_quota_per_window(
        platform="instagram", traits=traits, quota_posts=operator, quota_window_s=None if operator is None else 60
    )
    assert found == expected
