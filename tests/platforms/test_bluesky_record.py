"""The key and the record of a post."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.bluesky.record import build_bluesky_post_record, compute_bluesky_record_key
from schemas import ids
from tests.platforms.scripted import AT, POST_ID, draft

#: The protocol's own rule (atproto.com/specs/tid).
TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")


def facets(text: str) -> list[tuple[str, Any]]:
    """Return the text of each facet's bytes, and its feature."""
    found = build_bluesky_post_record(draft(text), [], {"a.test": "did:plc:a"}).get("facets", [])
    spans = [(facet["index"]["byteStart"], facet["index"]["byteEnd"]) for facet in found]
    features = [dict(facet["features"][0]) for facet in found]
    assert spans == sorted(spans)
    return [
        (text.encode()[start:end].decode(), feature.get("uri") or feature.get("tag") or feature.get("did"))
        for (start, end), feature in zip(spans, features, strict=True)
    ]


def test_a_key_is_a_tid_and_stays_the_same() -> None:
    assert TID.fullmatch(compute_bluesky_record_key(POST_ID, AT))
    assert compute_bluesky_record_key(POST_ID, AT) == compute_bluesky_record_key(POST_ID, AT)


def test_keys_sort_as_their_moments_do() -> None:
    keys = [compute_bluesky_record_key(ids.new_uuid7(), AT + timedelta(milliseconds=2 * n)) for n in range(50)]
    assert keys == sorted(keys)


def test_posts_of_the_same_moment_have_keys_of_their_own() -> None:
    """20 bits: among 50 of one account in one millisecond the odds of a pair are 1 in 800."""
    keys = {compute_bluesky_record_key(UUID(int=n), AT) for n in range(50)}
    assert len(keys) == 50


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", []),
        ("see https://example.com/a?b=c#d.", [("https://example.com/a?b=c#d",) * 2]),
        ("(https://en.example/wiki/A_(b))", [("https://en.example/wiki/A_(b)",) * 2]),
        ("ü🎉 https://example.com/ü!", [("https://example.com/ü",) * 2]),
        ("no link: example.com, http://nothing", []),
        ("#one #2026 #two2, (#three) a#b", [("#one", "one"), ("#two2", "two2"), ("#three", "three")]),
        ("#größe", [("#größe", "größe")]),
        ("hi @a.test and @unknown.test, mail@a.test", [("@a.test", "did:plc:a")]),
        ("@A.test", [("@A.test", "did:plc:a")]),
        ("#tag https://a.io @a.test", [("#tag", "tag"), ("https://a.io",) * 2, ("@a.test", "did:plc:a")]),
    ],
)
def test_links_tags_and_mentions_are_marked_in_bytes(text: str, expected: list[tuple[str, Any]]) -> None:
    assert facets(text) == expected


@given(st.text(alphabet="a.:/#@ ()é🎉\n", max_size=60))
def test_any_text_is_marked_at_whole_characters(text: str) -> None:
    facets(text)
