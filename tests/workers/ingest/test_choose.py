"""One value wins for each field, by rules that hold for any candidates."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from schemas.brand import Candidate, Field
from workers.ingest.choose import (
    FURTHER_SOURCE_BONUS,
    MAX_ALTERNATIVES,
    MAX_CANDIDATES_PER_FIELD,
    MAX_CONFIDENCE,
    SECOND_SOURCE_BONUS,
    choose,
    keep_best,
)
from workers.ingest.witnesses import NARROW_PLACES, SHARED_SETTINGS

CANDIDATES = some.lists(
    some.builds(
        Candidate,
        field=some.sampled_from(["appName", "appDescription", "tagline", "keywords", "logoUrl"]),
        value=some.sampled_from(["Acme", "ACME!", "a c m e", "acme.com", "Zap", "☕"])
        | some.just(["a", "b"]),
        confidence=some.sampled_from([0.3, 0.5, 0.8, 0.95]),
        rule=some.sampled_from(["one", "two", "html.og:site_name", "jsonld.WebSite.name", "host"]),
        url=some.just("https://acme.test/"),
    ),
    max_size=12,
)


def said(value: str, confidence: float, rule: str = "one", field: Field = "appName") -> Candidate:
    return Candidate(field=field, value=value, confidence=confidence, rule=rule, url="https://acme.test/")


def named(value: str, confidence: float, rule: str) -> Candidate:
    return said(value, confidence, rule)


def test_agreement_raises_the_confidence() -> None:
    chosen = choose([said("Zap", 0.82), said("Acme", 0.8, "two"), said("ACME!", 0.5, "three")])["appName"]
    assert (chosen.value, chosen.confidence) == ("Acme", 0.85)


@pytest.mark.parametrize("hand", SHARED_SETTINGS)
@given(drawn=some.data())
def test_places_of_one_setting_are_one_source(hand: frozenset[str], drawn: some.DataObject) -> None:
    rules = drawn.draw(some.lists(some.sampled_from(sorted(hand)), min_size=1, unique=True))
    one, *more = [named("Acme", 0.8, rule) for rule in rules]
    other = drawn.draw(some.sampled_from(["llms.title", "html.logo", "host"]))
    assert choose([one, *more])["appName"].confidence == 0.8
    assert choose([one, *more, named("Acme", 0.3, other)])["appName"].confidence == 0.85


def test_publisher_and_organization_do_not_outvote_setting_and_title() -> None:
    maker = [
        named("Holding", 0.9, "jsonld.publisher.name"),
        named("Holding", 0.75, "jsonld.Organization.name"),
    ]
    site = [
        named("Acme", 0.9, "html.og:site_name"),
        named("Acme", 0.85, "jsonld.WebSite.name"),
        named("Acme", 0.45, "html.title.last"),
    ]
    assert choose([*maker, *site])["appName"].value == "Acme"
    assert choose([*site, *maker])["appName"].value == "Acme"


@given(some.permutations(["llms.title", "html.logo", "html.copyright", "manifest.name", "html.title.last"]))
def test_of_equal_names_the_one_with_more_sources_wins(rules: list[str]) -> None:
    few, many = rules[:2], rules[2:]
    said = [named("Few", 0.8, rule) for rule in few] + [named("Many", 0.8, rule) for rule in many]
    assert choose(said)["appName"].value == "Many"


@given(some.lists(some.sampled_from(["html.description", "html.twitter:description", "html.hero", "x"])))
def test_copies_do_not_raise_a_description(rules: list[str]) -> None:
    copies = [said("The one that was copied.", 0.85, rule, "appDescription") for rule in rules]
    best = said("The page's own for sharing.", 0.89, "html.og:description", "appDescription")
    assert choose([*copies, best])["appDescription"].value == best.value


@pytest.mark.parametrize("domain", ["acme.com", "Acme.co.uk", "ACME.de"])
def test_a_plain_name_replaces_the_domain_if_a_roomy_place_has_it(domain: str) -> None:
    alone = [named(domain, 0.6, "jsonld.publisher.name"), named(domain, 0.6, "html.og:site_name")]
    assert choose(alone)["appName"].value == domain
    for rule in NARROW_PLACES:
        assert choose([*alone, named("Acme", 0.5, rule)])["appName"].value == domain
    assert choose([*alone, named("Acme", 0.45, "html.title.last")])["appName"].value == "Acme"
    assert choose([named("Node.js", 0.6, "a"), named("Node", 0.5, "b")])["appName"].value == "Node.js"


@pytest.mark.parametrize("field", ["logoUrl", "primaryLanguage"])
def test_addresses_and_languages_are_compared_exactly(field: Field) -> None:
    chosen = choose([said("a-b", 0.5, field=field), said("ab", 0.4, "two", field=field)])
    assert (chosen[field].confidence, len(chosen[field].alternatives)) == (0.5, 1)


@given(CANDIDATES)
def test_dropping_repeats_changes_no_choice(candidates: list[Candidate]) -> None:
    assert choose(keep_best([*candidates, *candidates])) == choose(candidates)


def test_the_best_of_thousands_are_kept() -> None:
    weak = [said(f"A {number}", 0.1 + number / 10_000) for number in range(3000)]
    kept = keep_best([*weak, said("https://acme.test/", 0.2, field="logoUrl"), said("Acme", 0.9)])
    assert len(kept) == MAX_CANDIDATES_PER_FIELD + 1
    assert kept[0].value == "Acme"
    assert {one.field for one in kept} == {"appName", "logoUrl"}


@given(CANDIDATES)
def test_order_and_limits_hold_for_any_candidates(candidates: list[Candidate]) -> None:
    chosen = choose(candidates)
    assert set(chosen) == {candidate.field for candidate in candidates}
    for field, finding in chosen.items():
        mine = [candidate for candidate in candidates if candidate.field == field]
        confidences = [one.confidence for one in (finding, *finding.alternatives)]
        assert confidences == sorted(confidences, reverse=True)
        assert len(finding.alternatives) <= MAX_ALTERNATIVES
        assert finding.value in [candidate.value for candidate in mine]
        assert max(one.confidence for one in mine) <= finding.confidence <= MAX_CONFIDENCE
        assert (
            finding.confidence
            <= max(one.confidence for one in mine) + SECOND_SOURCE_BONUS + 3 * FURTHER_SOURCE_BONUS
        )
