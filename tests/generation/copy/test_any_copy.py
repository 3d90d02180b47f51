"""Copy of random brands: each line has evidence, makes no claim by itself, and is deterministic."""

import re

import msgspec
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from generation.copy.write import MAX_HASHTAGS, MissingBrandText, propose_brand_hooks, write_piece_copy
from generation.spec import BrandSnapshot, CopyLine, EvidenceField, PieceCopy, PieceSpec
from generation.timing import shortest_video_timing
from tests.generation.copy.brands import ANY_BRAND, ANY_SPEC, TELLTALE
from tests.generation.copy.tracing import lines, shown_name, untraced

ENOUGH = settings(max_examples=40, deadline=None)


def written(spec: PieceSpec) -> PieceCopy:
    try:
        return write_piece_copy(spec)
    except MissingBrandText:
        reject()


@ENOUGH
@given(spec=ANY_SPEC)
def test_each_line_has_evidence_and_only_the_callers_is_long_or_makes_claims(spec: PieceSpec) -> None:
    """It is a clause of the brand, or a formula around its names. The same spec has the same copy."""
    copy = written(spec)
    assert [why for line in lines(copy) if (why := untraced(line, spec.brand))] == []
    said = [line.text for line in lines(copy) if line.rule != "caller"]
    assert [text for text in said if not 0 < len(text) <= 110] == []
    name = shown_name(spec.brand).casefold()
    # The shapes quote the brand's own line.
    own = [line.text for line in lines(copy) if line.rule not in {"caller", "formula"}]
    shaped = [re.sub("[“„«]", "", line.text) for line in lines(copy) if line.rule == "formula"]
    unnamed = [text.casefold().replace(name, "") for text in (*own, *shaped)]
    words = [word.replace("_", " ") for word in TELLTALE]
    assert [(word, text) for word in words for text in unnamed if word in text] == []
    assert copy == write_piece_copy(msgspec.json.decode(msgspec.json.encode(spec), type=PieceSpec))
    shown = [line.text.casefold() for line in (copy.hook, *copy.points)]
    assert len({*shown}) == len(shown)
    if counted := re.match(r"(\d) (?:things|quick things|Dinge|choses|cosas) ", copy.hook.text):
        assert int(counted[1]) == len(copy.points)
    assert len(copy.hashtags) <= MAX_HASHTAGS


@ENOUGH
@given(spec=ANY_SPEC, seconds=st.integers(8, 60))
def test_a_video_keeps_all_points_that_its_time_allows(spec: PieceSpec, seconds: int) -> None:
    copies = [written(msgspec.structs.replace(spec, format="video", seconds=one)) for one in (seconds, 900)]
    short, whole = ([point.text for point in copy.points] for copy in copies)
    hook = copies[0].hook.text
    assert len(short) <= 1 or shortest_video_timing(hook, short).total_s <= seconds
    assert short == whole or shortest_video_timing(hook, whole).total_s > seconds
    assert [text for text in whole if text in short] == short


@ENOUGH
@given(brand=ANY_BRAND)
def test_a_brand_proposes_up_to_ten_hooks_or_names_missing_fields(brand: BrandSnapshot) -> None:
    hooks, lacking = proposed(brand)
    assert bool(hooks) != bool(lacking)
    assert len({hook.text for hook in hooks}) == len(hooks) <= 10
    assert [why for hook in hooks if (why := untraced(hook, brand))] == []


def proposed(brand: BrandSnapshot) -> tuple[list[CopyLine], list[EvidenceField]]:
    try:
        return [option.line for option in propose_brand_hooks(brand)], []
    except MissingBrandText as lacking:
        return [], lacking.fields
