"""Parts of a customer and traits of a voice: enough of them, each with its own quote, or no value."""

import msgspec
import pytest

from tests.workers.ingest.llm.endpoint import (
    GOOD,
    NOTHING,
    PASSAGES,
    PRICING,
    claim,
    kept_candidates,
    part,
    trait,
)
from workers.ingest.llm import suggest
from workers.ingest.shapes import Passage

QUOTE, STUDIOS = "Built for freelance designers", "Small studios of two to ten people"
ROLE, ORGANIZATION = part("role", "designers", QUOTE), part("organization", "studios", STUDIOS)


@pytest.mark.parametrize(
    "parts",
    [
        [ROLE],
        [ROLE, part("role", "studios", STUDIOS)],
        [ROLE, part("organization", "large companies", STUDIOS)],
        [ROLE, part("organization", "", STUDIOS)],
        [ROLE, part("organization", "Studios", STUDIOS)],
        [ROLE, part("organization", "large companies", "Built for large companies")],
        [ROLE, part("organization", "studios", "Small  studios of two to ten people")],
        [ROLE, part("organization", "of", "studios of")],
    ],
)
async def test_an_icp_needs_two_kinds_of_quoted_parts(
    parts: list[dict[str, str]],
) -> None:
    assert "icp" not in await kept_candidates({**NOTHING, "icp": parts})
    assert "icp" in await kept_candidates({**NOTHING, "icp": [*parts, ORGANIZATION]})


async def test_an_icp_that_repeats_the_audience_is_dropped() -> None:
    audience = [claim("Designers and studios.", QUOTE)]
    assert "icp" not in await kept_candidates({**NOTHING, "audience": audience, "icp": [ROLE, ORGANIZATION]})


async def test_a_voice_needs_three_traits_with_own_quotes() -> None:
    two, third = GOOD["brandVoice"][:2], GOOD["brandVoice"][2]
    for invalid_trait in (
        third | {"quote": QUOTE},
        third | {"trait": "plain"},
        third | {"trait": "see evil.test"},
        third | {"quote": "never said there"},
    ):
        assert "brandVoice" not in await kept_candidates({**NOTHING, "brandVoice": [*two, invalid_trait]})
    assert "brandVoice" in await kept_candidates({**NOTHING, "brandVoice": [*two, third]})


async def test_a_voice_needs_the_brands_own_prose() -> None:
    voice = {**NOTHING, "brandVoice": GOOD["brandVoice"]}
    assert "brandVoice" not in await kept_candidates(voice, PASSAGES[:-1])
    readme = [msgspec.structs.replace(passage, documentation=True) for passage in PASSAGES]
    assert "brandVoice" not in await kept_candidates(voice, readme)


async def test_a_story_has_neither_the_brands_voice_nor_its_customers() -> None:
    story_text = "Nurses on the night shift write their letters by hand."
    quote = "Nurses on the night shift"
    passages = [Passage(text=story_text, url=PRICING, story=True), *PASSAGES]
    story_claims = {
        "audience": [claim("Nurses.", quote)],
        "icp": [part("role", "Nurses", quote), ORGANIZATION],
        "brandVoice": [*GOOD["brandVoice"][:2], trait("handmade", quote)],
    }
    assert await kept_candidates({**NOTHING, **story_claims}, passages) == {}
    assert suggest.prose(passages).splitlines()[-2:] == [story_text, "Features"]
