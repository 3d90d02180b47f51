"""Merge of a brand's sources and pictures: the partner first, then confidence, then the newer one; for any rows."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import get_args
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as some

from domain.brand import brand
from generation.copy.snapshot import take_brand_snapshot
from schemas.brand import (
    BrandColor,
    BrandFieldName,
    BrandFieldValue,
    BrandProfile,
    BrandSource,
    BrandSourceRow,
    BrandStatementFinding,
    SourceFieldFinding,
)
from schemas.pictures import PictureFoundByIngest, PictureKind

NOW = datetime(2026, 11, 24, tzinfo=UTC)
JOB = UUID("0193c1a6-0000-7000-8000-000000000001")

TEXTS: list[BrandFieldName] = ["appName", "tagline", "audience"]
FINDINGS = some.builds(
    SourceFieldFinding,
    value=some.sampled_from(["", "Acme", "Zap"]),
    confidence=some.sampled_from([0.3, 0.6, 0.9]),
    rule=some.just("html.title"),
)
KINDS = get_args(PictureKind)
PICTURES = some.builds(
    PictureFoundByIngest,
    kind=some.sampled_from(KINDS),
    url=some.integers(0, 9).map("https://acme.test/{}.png".format),
    width=some.just(512),
    height=some.just(512),
    type=some.just("image/png"),
    rule=some.just("html.og:image"),
    page=some.just("https://acme.test/"),
)
ROWS = some.lists(
    some.builds(
        BrandSourceRow,
        source=some.sampled_from(["github", "website", "appstore", "partner"]),
        fields=some.dictionaries(some.sampled_from(TEXTS), FINDINGS, max_size=3),
        media=some.lists(PICTURES, max_size=6),
        url=some.just("https://acme.test/"),
        job_id=some.just(JOB),
        at=some.integers(0, 3).map(lambda days: NOW + timedelta(days=days)),
    ),
    max_size=4,
    unique_by=lambda row: row.source,
)


def row(
    source: BrandSource, values: dict[BrandFieldName, BrandFieldValue], *, days: int = 0, confidence: float = 0.9
) -> BrandSourceRow:
    findings = {name: SourceFieldFinding(value=said, confidence=confidence, rule="r") for name, said in values.items()}
    return BrandSourceRow(
        source=source,
        fields=findings,
        url=None if source == "partner" else f"https://{source}.test/",
        job_id=None if source == "partner" else JOB,
        at=NOW + timedelta(days=days),
    )


def test_no_source_is_no_brand_and_an_empty_source_an_empty_brand() -> None:
    assert brand.merge_brand_sources([]) is None
    empty = brand.merge_brand_sources([row("website", {})])
    assert empty is not None
    assert (empty.app_name, empty.keywords, empty.links, empty.provenance) == (None, [], {}, {})


def test_statements_of_all_sources_come_once_those_of_the_site_first_and_yield_to_a_partners_description() -> None:
    """A row from before the column `profile` has none."""
    site = msgspec.structs.replace(row("website", {}), profile=profile("Bread", "Rolls", trade="bakery"))
    store = msgspec.structs.replace(row("appstore", {}), profile=profile("ROLLS", *map(str, range(30)), trade="notes"))
    rows = [store, site, row("github", {})]
    known = brand.brand_to_schema(rows, project_id=JOB)
    assert (known.trade, known.place, len(known.statements)) == ("bakery", None, 24)
    assert [(one.text, one.source) for one in known.statements[:3]] == [
        ("Bread", "website"),
        ("Rolls", "website"),
        ("0", "appstore"),
    ]
    shown = take_brand_snapshot(known)
    assert (shown.trade, [one.text for one in shown.statements[:2]]) == ("bakery", ["Bread", "Rolls"])
    own = brand.brand_to_schema([*rows, row("partner", {"appDescription": "We bake."})], project_id=JOB)
    assert take_brand_snapshot(own).statements == []


def profile(*said: str, trade: str) -> BrandProfile:
    page = "https://quillmere.example/"
    return BrandProfile(
        trade=trade,
        statements=[BrandStatementFinding(text=text, intent="offer", quote=text, url=page) for text in said],
    )


def test_partners_none_overrides_other_sources() -> None:
    theirs = row("website", {"tagline": "Theirs", "keywords": ["a"]})
    merged = brand.merge_brand_sources([theirs, row("partner", {"tagline": "", "keywords": []})])
    assert merged is not None
    assert (merged.tagline, merged.keywords) == ("", [])
    assert merged.provenance["tagline"].source == "partner"


def test_colors_come_with_their_roles_and_the_partners_own_have_none() -> None:
    shown = [BrandColor(color="#c0392b", role="primary", rule="logo", url="https://acme.test/logo.png")]
    finding = SourceFieldFinding(value=["#c0392b"], confidence=0.6, rule="logo", colors=shown)
    theirs = msgspec.structs.replace(row("website", {}), fields={"colors": finding})
    merged = brand.merge_brand_sources([theirs])
    assert merged is not None
    assert (merged.colors, merged.provenance["colors"].colors) == (["#c0392b"], shown)
    both = brand.merge_brand_sources([theirs, row("partner", {"colors": ["#1F6F5C"]})])
    assert both is not None
    assert (both.colors, both.provenance["colors"].colors) == (["#1F6F5C"], msgspec.UNSET)


@given(ROWS, some.randoms())
def test_the_winner_is_the_partners_or_the_most_confident_and_newest(
    rows: list[BrandSourceRow], random: Random
) -> None:
    """In any order of the rows. Exactly the fields of the rows have provenance."""
    found, shuffled = brand.rank_brand_findings_by_field(rows), rows[:]
    random.shuffle(shuffled)
    ranks = [
        {name: [brand._brand_finding_rank(one) for one in said] for name, said in by_field.items()}
        for by_field in (found, brand.rank_brand_findings_by_field(shuffled))
    ]
    assert ranks[0] == ranks[1]
    merged = brand.merge_brand_sources(rows)
    assert (merged is None) == (rows == [])
    assert merged is None or merged.provenance.keys() == {name for row in rows for name in row.fields}
    for field, said in found.items():
        first = said[0].provenance
        partners = [one for one in said if one.provenance.source == "partner"]
        if partners:
            assert first.source == "partner"
        else:
            best = max((one.provenance.confidence, one.provenance.at) for one in said)
            assert (first.confidence, first.at) == best
        assert any(field in row.fields for row in rows)


@given(ROWS, some.randoms())
def test_merge_ignores_the_order_of_rows(rows: list[BrandSourceRow], random: Random) -> None:
    """Logos come first, each address once, and the newer source first."""
    merged, shuffled = brand.list_brand_pictures(rows), rows[:]
    random.shuffle(shuffled)
    assert brand.list_brand_pictures(shuffled) == merged
    met = [(row, picture) for row in rows for picture in row.media]
    assert {one.url for one in merged} == {picture.url for _, picture in met}
    assert len({one.url for one in merged}) == len(merged)
    order = [(KINDS.index(one.kind), -one.provenance.at.timestamp()) for one in merged]
    assert order == sorted(order)
    for one in merged:
        said = [(row, picture) for row, picture in met if picture.url == one.url]
        assert one.kind == min((picture.kind for _, picture in said), key=KINDS.index)
        best = max(row.at for row, picture in said if picture.kind == one.kind)
        assert one.provenance.at == best
