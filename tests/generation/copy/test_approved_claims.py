"""Approved claims in copy: said exactly or not at all, and no other claim passes the proofreader."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from generation.copy.write import compute_max_points, write_piece_copy
from generation.proofreading.words import find_copy_faults
from generation.spec import ApprovedClaim, CopyLine, PieceCopy, PieceFormat, PieceSpec
from tests.generation.copy.brands import BRANDS, CLAIMS, TIDELINE

RATING = ApprovedClaim(id="clm_1", text="Rated 4.8 of 5 by 20,000 sailors")
PRICE = ApprovedClaim(id="clm_2", text="One year of every harbour for $12")
GERMAN = ApprovedClaim(id="clm_3", text="Die Uhr ist von den Seglern mit 4,8 von 5 Sternen bewertet")
FORMATS: tuple[PieceFormat, ...] = ("slideshow", "video", "ugc_remix", "image")


def claim_lines(copy: PieceCopy) -> list[CopyLine]:
    return [line for line in (copy.hook, *copy.points) if line.rule == "claim" or line.claim_id]


def write(*claims: ApprovedClaim, seed: str = "1", **fields: object) -> PieceCopy:
    spec: dict[str, object] = {"format": "slideshow", "brand": TIDELINE, "seed": seed} | fields
    return write_piece_copy(msgspec.convert(spec | {"claims": list(claims)}, PieceSpec))


def test_seeds_say_each_claim_of_the_copys_language_verbatim() -> None:
    said = {claim_lines(write(RATING, PRICE, GERMAN, seed=str(seed)))[0].text for seed in range(20)}
    assert said == {RATING.text, PRICE.text}
    [rating], [price] = claim_lines(write(RATING)), claim_lines(write(PRICE))
    assert (rating.claim_id, rating.intent, price.claim_id, price.intent) == ("clm_1", "proof", "clm_2", "offer")
    assert RATING.text in write(RATING).caption


@given(
    language=some.sampled_from(sorted(CLAIMS)),
    format_=some.sampled_from(FORMATS),
    seed=some.text(max_size=3),
    max_slides=some.none() | some.integers(3, 6),
    data=some.data(),
)
def test_any_piece_says_at_most_one_claim_within_its_points(
    language: str, format_: PieceFormat, seed: str, max_slides: int | None, data: some.DataObject
) -> None:
    texts = data.draw(some.lists(some.sampled_from(CLAIMS[language]), max_size=4, unique=True))
    claims = [ApprovedClaim(id=f"clm_{number}", text=text) for number, text in enumerate(texts)]
    spec = PieceSpec(format=format_, brand=BRANDS[language], seed=seed, max_slides=max_slides, claims=claims)
    copy, plain = write_piece_copy(spec), write_piece_copy(msgspec.structs.replace(spec, claims=[]))
    assert len(claim_lines(copy)) <= 1
    assert {(line.claim_id, line.text) for line in claim_lines(copy)} <= {(one.id, one.text) for one in claims}
    assert len(copy.points) <= max(1, compute_max_points(spec))
    # A video leaves out points for the time to read a long claim.
    assert format_ == "video" or len(copy.points) >= len(plain.points)
    assert copy.hook == plain.hook
    assert find_copy_faults(copy, spec.brand, claims) == find_copy_faults(plain, spec.brand)


@pytest.mark.parametrize(
    ("text", "claim_id"),
    [
        ("Rated 4.9 of 5 by 20,000 sailors", "clm_1"),
        ("Rated 4.8 of 5 by 20,000 sailors!", "clm_1"),
        (RATING.text, "clm_2"),
        (RATING.text, None),
    ],
)
def test_a_changed_or_unapproved_claim_is_found(text: str, claim_id: str | None) -> None:
    copy = write(RATING)
    line = msgspec.structs.replace(copy.points[-1], text=text, claim_id=claim_id)
    changed = msgspec.structs.replace(copy, points=[*copy.points[:-1], line])
    assert find_copy_faults(copy, TIDELINE, [RATING]) == []
    assert "claim" in {fault.rule for fault in find_copy_faults(changed, TIDELINE, [RATING, PRICE])}
    assert "claim" in {fault.rule for fault in find_copy_faults(copy, TIDELINE, [PRICE])}
