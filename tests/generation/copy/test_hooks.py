"""Hooks, points, places and tags: the chosen ones, and the missing fields of a brand."""

from typing import Any

import msgspec
import pytest

from generation.copy import names
from generation.copy.write import MissingBrandText, propose_brand_hooks, write_piece_copy
from generation.spec import BrandSnapshot, CopyEvidence, PieceSpec
from tests.generation.copy.brands import TIDELINE

NAMED = BrandSnapshot(name="Tideline")


def with_(**changes: Any) -> BrandSnapshot:
    return msgspec.structs.replace(TIDELINE, **changes)


def test_proposals_begin_with_the_brands_own_words_and_differ_in_shape() -> None:
    hooks = propose_brand_hooks(TIDELINE)
    assert (hooks[0].shape, hooks[0].line.text) == ("tagline", "Know the tide before you go")
    shapes = [hook.shape for hook in hooks if hook.shape != "clause"]
    assert len({*shapes}) == len(shapes) >= 6
    assert "4 things to know about Tideline" in [hook.line.text for hook in hooks]


def test_a_shape_quotes_each_of_its_names() -> None:
    hook = next(one.line for one in propose_brand_hooks(TIDELINE) if one.line.text == "Sea swimming? Tideline.")
    keyword, name = hook.evidence
    assert keyword == CopyEvidence(field="keywords", quote="sea swimming")
    assert name == CopyEvidence(field="appName", quote="Tideline")


@pytest.mark.parametrize(
    ("brand", "fields"),
    [
        (NAMED, ["tagline", "appDescription", "keywords"]),
        (with_(name=" \u200b"), ["appName"]),
        (BrandSnapshot(name="", keywords=["kotlin"]), ["appName", "tagline", "appDescription", "keywords"]),
        (BrandSnapshot(name="Tideline", taglines=["The best tides"]), ["tagline", "appDescription", "keywords"]),
    ],
)
def test_a_brand_without_hooks_names_its_missing_fields(brand: BrandSnapshot, fields: list[str]) -> None:
    with pytest.raises(MissingBrandText) as lacking:
        propose_brand_hooks(brand)
    assert lacking.value.fields == fields


def test_a_callers_hook_is_verbatim_and_needs_only_a_name() -> None:
    hook = "  The BEST app:\n100% free! " + "x" * 1900
    copy = write_piece_copy(PieceSpec(format="image", brand=NAMED, seed="1", hook=hook))
    assert copy.hook.text == hook
    assert copy.caption.startswith(hook)


def test_fewer_than_two_clauses_take_keywords_and_warn() -> None:
    copy = write_piece_copy(PieceSpec(format="slideshow", brand=with_(descriptions=[]), seed="1", hook="Look"))
    assert [point.text for point in copy.points] == ["Know the tide before you go", "Sea swimming", "Harbour log"]
    assert [warning.partition(":")[0] for warning in copy.warnings] == ["few_clauses"]


def test_one_word_alone_is_no_point() -> None:
    brand = BrandSnapshot(name="Tideline", keywords=["tides"], language="en")
    assert write_piece_copy(PieceSpec(format="slideshow", brand=brand, seed="1", hook="Look")).points == []
    several = msgspec.structs.replace(brand, keywords=["tides", "harbours"])
    copy = write_piece_copy(PieceSpec(format="slideshow", brand=several, seed="1", hook="Look"))
    assert [point.text for point in copy.points] == ["Tides", "Harbours"]


@pytest.mark.parametrize("language", ["en", "sv"])
def test_a_piece_that_only_repeats_the_name_is_refused(language: str) -> None:
    """Says the missing fields: a slide with the name, and an end with the name again, tell nobody anything."""
    brand = BrandSnapshot(name="Tideline", keywords=["tides"], language=language)
    spec = PieceSpec(format="slideshow", brand=brand, seed="tide")
    with pytest.raises(MissingBrandText) as refused:
        write_piece_copy(spec)
    assert set(refused.value.fields) == {"tagline", "appDescription", "keywords"}


def test_acronyms_of_keywords_have_capitals_unless_the_brand_spells_them_otherwise() -> None:
    brand = BrandSnapshot(name="Tideline", keywords=["ai tide tables", "pdf export"], language="en")
    spelling = msgspec.structs.replace(brand, descriptions=["Pdf export of each table."])
    shown = [[text for text, _ in names.displayable_keywords(one, "en")] for one in (brand, spelling)]
    assert shown == [["AI tide tables", "PDF export"], ["AI tide tables", "Pdf export"]]


@pytest.mark.parametrize(
    ("line", "name", "shown"),
    [
        ("know the tide before you go", "tideline", "Know the tide before you go"),
        ("tideline shows the tide of each harbour", "tideline", "tideline shows the tide of each harbour"),
        ("tidelines of small harbours, each day", "tideline", "Tidelines of small harbours, each day"),
        ("shioは港の潮を毎日知らせます", "shio", "shioは港の潮を毎日知らせます"),
    ],
)
def test_a_line_keeps_the_spelling_of_the_name(line: str, name: str, shown: str) -> None:
    brand = BrandSnapshot(name=name, taglines=[line], language="en" if line.isascii() else "ja")
    assert shown in [hook.line.text for hook in propose_brand_hooks(brand)]


def test_the_end_has_no_tagline_like_a_point() -> None:
    said = "A simple and beautiful tide clock for harbours"
    brand = with_(descriptions=[said], taglines=["Simple and beautiful tide clock for harbours"])
    spec = PieceSpec(format="slideshow", brand=brand, seed="1", hook="Look")
    assert said in [point.text for point in write_piece_copy(spec).points]
    assert write_piece_copy(spec).tagline is None


def test_a_seed_changes_the_hook_and_a_format_the_number_of_points() -> None:
    hooks = {
        write_piece_copy(PieceSpec(format="slideshow", brand=TIDELINE, seed=str(seed))).hook.text for seed in range(20)
    }
    assert len(hooks) >= 3
    video, remix = (PieceSpec(format=one, brand=TIDELINE, seed="1", seconds=30) for one in ("video", "ugc_remix"))
    assert len(write_piece_copy(video).points) > len(write_piece_copy(remix).points)


@pytest.mark.parametrize(
    ("links", "places"),
    [
        ({"play": "https://play.google.com/store/apps/x"}, ["On Google Play"]),
        ({"appstore": "https://apps.apple.com/us/app/id1"}, ["On the App Store"]),
        ({"play": "https://play.google.com.evil.test/"}, []),
        ({"website": "https://apps.apple.com@evil.test/"}, []),
        ({"website": "https://www.tideline.example/"}, ["tideline.example"]),
        ({"website": "https://github.com/tideline/app"}, []),
        ({"website": "http://tideline.example/"}, []),
    ],
)
def test_a_place_is_named_only_if_a_link_proves_it(links: dict[str, str], places: list[str]) -> None:
    copy = write_piece_copy(PieceSpec(format="slideshow", brand=with_(links=links), seed="1"))
    assert [place.text for place in copy.places] == places


def test_hashtags_skip_technical_keywords() -> None:
    copy = write_piece_copy(PieceSpec(format="slideshow", brand=TIDELINE, seed="1"))
    assert [tag.text for tag in copy.hashtags] == ["#tides", "#SeaSwimming", "#HarbourLog"]
    many = with_(keywords=[f"tide {letter * 3}" for letter in "abcdef"])
    assert len(write_piece_copy(PieceSpec(format="slideshow", brand=many, seed="1")).hashtags) == 4
