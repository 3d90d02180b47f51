"""The ideal customer: two kinds of parts in the source's text, each with its quote; else no ICP."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.workers.ingest.derive.prose import derived, prose
from workers.ingest.derive.icp import AUDIENCE_ORGANIZATION_NAMES
from workers.ingest.derive.lexicon import load_lexicon

FOR = "Built for accountants and small businesses."
NEED = "Acme helps you send invoices in seconds - and sleep."


def test_parts_make_a_sentence_and_each_has_its_quote() -> None:
    icp = derived(prose(FOR, NEED))["icp"]
    assert icp.value == "Accountants and small businesses, who want to “send invoices in seconds”."
    assert [(part.part, part.value, part.quote) for part in icp.parts] == [
        ("role", "accountants", FOR),
        ("organization", "small businesses", FOR),
        ("need", "send invoices in seconds", NEED),
    ]
    assert icp.evidence == [FOR, NEED]


def test_industries_of_the_navigation_are_organizations() -> None:
    icp = derived(prose("Built for sales teams.", labels=("Industries", "Healthcare", "Retail")))["icp"]
    assert icp.value == "Sales teams, companies in healthcare and companies in retail."
    assert [part.quote for part in icp.parts] == ["Built for sales teams.", "Healthcare", "Retail"]


def test_a_wanted_thing_is_a_need() -> None:
    icp = derived(prose("A chat for companies wanting to host their own service."))["icp"]
    assert icp.value == "Companies, who want to “host their own service”."


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        (["Built for developers."], ()),
        ([FOR], ()),
        (["Built for small businesses and startups."], ()),
        ([NEED], ()),
        (["Tides."], ("Book a demo", "Case studies")),
        (["Tides."], ("Industries", "Healthcare", "Retail")),
    ],
    ids=["a role", "the audience again", "organizations", "a need", "a segment", "industries"],
)
def test_one_kind_of_part_or_a_repeated_audience_gives_no_icp(texts: list[str], labels: tuple[str, ...]) -> None:
    assert "icp" not in derived(prose(*texts, labels=labels))


def test_players_of_a_game_are_no_audience() -> None:
    candidates = derived(prose("Chess is a board game for two players.", "It helps you pass the time."))
    assert not {"audience", "icp"} & candidates.keys()


def test_each_organization_is_a_name_of_the_lexicon() -> None:
    names = {name for roles in load_lexicon("en").roles.values() for name in roles}
    assert names >= AUDIENCE_ORGANIZATION_NAMES


PIECES = some.sampled_from(
    [
        *(FOR, NEED, "for two teams", "Whether you're a designer,", "We help families", "who want to"),
        *("in retail.", "x " * 99),
    ]
)


@given(
    some.lists(some.lists(PIECES, max_size=6).map(" ".join), max_size=6),
    some.lists(some.sampled_from(["Industries", "Retail", "Healthcare", "Hotels"]), max_size=6),
)
@settings(deadline=None)
def test_any_icp_has_two_kinds_of_parts_with_quotes_found_in_the_source(texts: list[str], labels: list[str]) -> None:
    candidates = derived(prose(*texts, labels=tuple(labels)))
    if icp := candidates.get("icp"):
        assert len({part.part for part in icp.parts}) >= 2
        assert all(any(part.quote in text for text in [*texts, *labels]) for part in icp.parts)
        assert {part.quote for part in icp.parts} >= {*icp.evidence}
        assert all(part.value.casefold() in str(icp.value).casefold() for part in icp.parts)
        assert (
            str(candidates["audience"].value if "audience" in candidates else "").casefold()
            != re.sub(r"\.$", "", str(icp.value)).casefold()
        )
