"""One value wins for each field, by rules that hold for any candidates."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from schemas.brand import BrandFieldName, FieldCandidate
from workers.ingest.choose import (
    FURTHER_SOURCE_BONUS,
    MAX_AGREED_VALUE_CONFIDENCE,
    MAX_ALTERNATIVE_FINDINGS,
    MAX_CANDIDATES_PER_FIELD,
    SECOND_SOURCE_BONUS,
    choose_brand_findings,
    keep_best_candidates,
)
from workers.ingest.corroboration import RULES_OF_PLACES_WITH_SHORTENED_NAMES, RULES_SHARING_ONE_SOURCE

CANDIDATES = some.lists(
    some.builds(
        FieldCandidate,
        field=some.sampled_from(["appName", "appDescription", "tagline", "keywords", "logoUrl"]),
        value=some.sampled_from(["Acme", "ACME!", "a c m e", "acme.com", "Zap", "☕"]) | some.just(["a", "b"]),
        confidence=some.sampled_from([0.3, 0.5, 0.8, 0.95]),
        rule=some.sampled_from(["one", "two", "html.og:site_name", "jsonld.WebSite.name", "host"]),
        url=some.just("https://acme.test/"),
    ),
    max_size=12,
)


def make_candidate(
    value: str, confidence: float, rule: str = "one", field: BrandFieldName = "appName"
) -> FieldCandidate:
    return FieldCandidate(field=field, value=value, confidence=confidence, rule=rule, url="https://acme.test/")


def test_agreement_raises_the_confidence() -> None:
    chosen = choose_brand_findings(
        [make_candidate("Zap", 0.82), make_candidate("Acme", 0.8, "two"), make_candidate("ACME!", 0.5, "three")]
    )["appName"]
    assert (chosen.value, chosen.confidence) == ("Acme", 0.85)


@pytest.mark.parametrize("setting", RULES_SHARING_ONE_SOURCE)
@given(drawn=some.data())
def test_places_of_one_setting_are_one_source(setting: frozenset[str], drawn: some.DataObject) -> None:
    rules = drawn.draw(some.lists(some.sampled_from(sorted(setting)), min_size=1, unique=True))
    first, *further = [make_candidate("Acme", 0.8, rule) for rule in rules]
    other_rule = drawn.draw(some.sampled_from(["llms.title", "html.logo", "host"]))
    assert choose_brand_findings([first, *further])["appName"].confidence == 0.8
    assert (
        choose_brand_findings([first, *further, make_candidate("Acme", 0.3, other_rule)])["appName"].confidence == 0.85
    )


def test_publisher_and_organization_do_not_outvote_setting_and_title() -> None:
    maker = [
        make_candidate("Holding", 0.9, "jsonld.publisher.name"),
        make_candidate("Holding", 0.75, "jsonld.Organization.name"),
    ]
    site = [
        make_candidate("Acme", 0.9, "html.og:site_name"),
        make_candidate("Acme", 0.85, "jsonld.WebSite.name"),
        make_candidate("Acme", 0.45, "html.title.last"),
    ]
    assert choose_brand_findings([*maker, *site])["appName"].value == "Acme"
    assert choose_brand_findings([*site, *maker])["appName"].value == "Acme"


@given(some.permutations(["llms.title", "html.logo", "html.copyright", "manifest.name", "html.title.last"]))
def test_of_equal_names_the_one_with_more_sources_wins(rules: list[str]) -> None:
    few, many = rules[:2], rules[2:]
    all_candidates = [make_candidate("Few", 0.8, rule) for rule in few] + [
        make_candidate("Many", 0.8, rule) for rule in many
    ]
    assert choose_brand_findings(all_candidates)["appName"].value == "Many"


@given(some.lists(some.sampled_from(["html.description", "html.twitter:description", "html.hero", "x"])))
def test_copies_do_not_raise_a_description(rules: list[str]) -> None:
    copies = [make_candidate("The one that was copied.", 0.85, rule, "appDescription") for rule in rules]
    best = make_candidate("The page's own for sharing.", 0.89, "html.og:description", "appDescription")
    assert choose_brand_findings([*copies, best])["appDescription"].value == best.value


@pytest.mark.parametrize("domain", ["acme.com", "Acme.co.uk", "ACME.de"])
def test_a_plain_name_replaces_the_domain_if_a_roomy_place_has_it(domain: str) -> None:
    alone = [make_candidate(domain, 0.6, "jsonld.publisher.name"), make_candidate(domain, 0.6, "html.og:site_name")]
    assert choose_brand_findings(alone)["appName"].value == domain
    for rule in RULES_OF_PLACES_WITH_SHORTENED_NAMES:
        assert choose_brand_findings([*alone, make_candidate("Acme", 0.5, rule)])["appName"].value == domain
    assert choose_brand_findings([*alone, make_candidate("Acme", 0.45, "html.title.last")])["appName"].value == "Acme"
    assert (
        choose_brand_findings([make_candidate("Node.js", 0.6, "a"), make_candidate("Node", 0.5, "b")])["appName"].value
        == "Node.js"
    )


@pytest.mark.parametrize("field", ["logoUrl", "primaryLanguage"])
def test_addresses_and_languages_are_compared_exactly(field: BrandFieldName) -> None:
    chosen = choose_brand_findings(
        [make_candidate("a-b", 0.5, field=field), make_candidate("ab", 0.4, "two", field=field)]
    )
    assert (chosen[field].confidence, len(chosen[field].alternatives)) == (0.5, 1)


@given(CANDIDATES)
def test_dropping_repeats_changes_no_choice(candidates: list[FieldCandidate]) -> None:
    assert choose_brand_findings(keep_best_candidates([*candidates, *candidates])) == choose_brand_findings(candidates)


def test_the_best_of_thousands_are_kept() -> None:
    weak = [make_candidate(f"A {number}", 0.1 + number / 10_000) for number in range(3000)]
    best_candidates = keep_best_candidates(
        [*weak, make_candidate("https://acme.test/", 0.2, field="logoUrl"), make_candidate("Acme", 0.9)]
    )
    assert len(best_candidates) == MAX_CANDIDATES_PER_FIELD + 1
    assert best_candidates[0].value == "Acme"
    assert {candidate.field for candidate in best_candidates} == {"appName", "logoUrl"}


@given(CANDIDATES)
def test_order_and_limits_hold_for_any_candidates(candidates: list[FieldCandidate]) -> None:
    chosen = choose_brand_findings(candidates)
    assert set(chosen) == {candidate.field for candidate in candidates}
    for field, finding in chosen.items():
        of_field = [candidate for candidate in candidates if candidate.field == field]
        confidences = [each.confidence for each in (finding, *finding.alternatives)]
        assert confidences == sorted(confidences, reverse=True)
        assert len(finding.alternatives) <= MAX_ALTERNATIVE_FINDINGS
        assert finding.value in [candidate.value for candidate in of_field]
        assert max(each.confidence for each in of_field) <= finding.confidence <= MAX_AGREED_VALUE_CONFIDENCE
        assert (
            finding.confidence
            <= max(each.confidence for each in of_field) + SECOND_SOURCE_BONUS + 3 * FURTHER_SOURCE_BONUS
        )
