"""Of all that is said of a field, one thing wins, by rules that hold for any candidates."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from schemas.brand import Candidate, Field
from workers.ingest.choose import AGREEMENT, ALTERNATIVES, KEPT, MOST, choose, foremost

CANDIDATES = some.lists(
    some.builds(
        Candidate,
        field=some.sampled_from(["appName", "tagline", "keywords", "logoUrl"]),
        value=some.sampled_from(["Acme", "ACME!", "a c m e", "Zap", "☕"]) | some.just(["a", "b"]),
        confidence=some.sampled_from([0.3, 0.5, 0.8, 0.95]),
        rule=some.sampled_from(["one", "two", "three"]),
        url=some.just("https://acme.test/"),
    ),
    max_size=12,
)


def said(value: str, confidence: float, rule: str = "one", field: Field = "appName") -> Candidate:
    return Candidate(field=field, value=value, confidence=confidence, rule=rule, url="https://acme.test/")


def test_two_places_that_agree_are_worth_more_than_one() -> None:
    chosen = choose([said("Zap", 0.82), said("Acme", 0.8, "two"), said("ACME!", 0.5, "three")])["appName"]
    assert (chosen.value, chosen.confidence) == ("Acme", 0.85)


@pytest.mark.parametrize("field", ["logoUrl", "primaryLanguage"])
def test_addresses_and_languages_agree_only_when_they_are_the_same(field: Field) -> None:
    chosen = choose([said("a-b", 0.5, field=field), said("ab", 0.4, "two", field=field)])
    assert (chosen[field].confidence, len(chosen[field].alternatives)) == (0.5, 1)


@given(CANDIDATES)
def test_leaving_out_repeats_changes_no_choice(candidates: list[Candidate]) -> None:
    assert choose(foremost([*candidates, *candidates])) == choose(candidates)


def test_of_thousands_the_best_are_kept() -> None:
    weak = [said(f"A {number}", 0.1 + number / 10_000) for number in range(3000)]
    kept = foremost([*weak, said("https://acme.test/", 0.2, field="logoUrl"), said("Acme", 0.9)])
    assert len(kept) == KEPT + 1
    assert kept[0].value == "Acme"
    assert {one.field for one in kept} == {"appName", "logoUrl"}


@given(CANDIDATES)
def test_whatever_is_said_the_order_holds(candidates: list[Candidate]) -> None:
    chosen = choose(candidates)
    assert set(chosen) == {candidate.field for candidate in candidates}
    for field, finding in chosen.items():
        mine = [candidate for candidate in candidates if candidate.field == field]
        confidences = [one.confidence for one in (finding, *finding.alternatives)]
        assert confidences == sorted(confidences, reverse=True)
        assert len(finding.alternatives) <= ALTERNATIVES
        assert finding.value in [candidate.value for candidate in mine]
        assert max(one.confidence for one in mine) <= finding.confidence <= MOST
        assert finding.confidence <= max(one.confidence for one in mine) + AGREEMENT
