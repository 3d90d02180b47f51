"""Snapshot of a brand: winners first, confident alternatives after them, and proven links."""

from datetime import UTC, datetime
from uuid import UUID

from domain.brand.brand import brand_to_schema
from generation.copy.snapshot import take_brand_snapshot
from generation.spec import BrandSnapshot
from schemas.brand import BrandFieldName, BrandFieldValue, BrandSource, BrandSourceRow, SourceFieldFinding

PROJECT = UUID(int=1)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
SITE = "https://tideline.example/"


def row(
    source: BrandSource,
    fields: dict[BrandFieldName, BrandFieldValue],
    *,
    evidence: tuple[str, ...] = (),
    sure: float = 0.9,
) -> BrandSourceRow:
    found = {
        name: SourceFieldFinding(value=value, confidence=sure, rule="x", url=SITE, evidence=[*evidence])
        for name, value in fields.items()
    }
    return BrandSourceRow(source=source, fields=found, url=SITE, job_id=None, at=NOW)


def snap(*rows: BrandSourceRow) -> BrandSnapshot:
    return take_brand_snapshot(brand_to_schema(rows, project_id=PROJECT))


def test_the_winner_is_first_and_unsure_values_are_dropped() -> None:
    brand = snap(
        row("website", {"appName": "Tideline", "appDescription": "A tide clock."}),
        row("appstore", {"appDescription": "A clock of tides."}, sure=0.8),
        row("github", {"appDescription": "npm install"}, sure=0.6),
    )
    assert brand.descriptions == ["A tide clock.", "A clock of tides."]


def test_a_partners_text_replaces_all_others() -> None:
    """A partner who writes a new text wants the old one to disappear."""
    read = row("website", {"appName": "Tideline", "tagline": "Old.", "appDescription": "An old tide clock."})
    told = row("partner", {"tagline": "Know the tide", "appDescription": "A tide clock."})
    assert snap(read, told).taglines == ["Know the tide"]
    assert snap(read, told).descriptions == ["A tide clock."]


def test_a_website_that_was_read_is_its_own_link() -> None:
    assert snap(row("website", {"appName": "Tideline"})).links == {"website": SITE}
    assert snap(row("github", {"appName": "Tideline"})).links == {}
    assert snap(row("website", {"appName": "Tideline"}), row("partner", {"links": {}})).links == {}


def test_derived_keywords_are_kept_only_as_phrases_of_their_evidence() -> None:
    said = ("A log of sea trips, and d'autres journaux",)
    brand = snap(row("website", {"appName": "T", "keywords": ["sea trips", "log", "autres sea"]}, evidence=said))
    assert brand.keywords == ["sea trips"]
    assert snap(row("website", {"appName": "T", "keywords": ["log"]})).keywords == ["log"]


def test_declared_phrases_are_kept_as_the_brands_texts_write_them() -> None:
    """Phrases for search engines alone, such as `tide clock harrowby`, are dropped. The partner's own are all kept."""
    words: dict[BrandFieldName, BrandFieldValue] = {"keywords": ["tide clock", "log of tom", "tide clock harrowby"]}
    text: dict[BrandFieldName, BrandFieldValue] = {
        "appName": "T",
        "appDescription": "A Tide Clock with the log of Tom.",
    }
    assert snap(row("website", {**text, **words})).keywords == ["Tide Clock", "log of Tom"]
    assert snap(row("website", text), row("partner", words)).keywords == words["keywords"]
    unspaced: dict[BrandFieldName, BrandFieldValue] = {
        "appDescription": "小さな港の潮時計です。",
        "keywords": ["港の潮時計", "潮時計アプリ"],
    }
    assert snap(row("website", unspaced)).keywords == ["港の潮時計"]


def test_an_unknown_brand_has_no_name() -> None:
    assert snap() == BrandSnapshot(name="")
