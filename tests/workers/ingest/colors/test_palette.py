"""The palette of any candidates: at most five colors, one main color, independent of the order."""

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as some

from schemas.brand import ColorRole, FieldCandidate
from workers.ingest.choose import choose_brand_findings
from workers.ingest.colors.oklab import is_neutral_color, is_similar_color
from workers.ingest.colors.palette import MAX_ACCENT_COLORS, MIN_BRAND_COLOR_CONFIDENCE, choose_brand_palette

RULES = [
    *("html.theme-color", "html.mask-icon", "manifest.theme_color", "manifest.background_color"),
    *("css.--brand", "css.--accent", "css.--bg", "logo"),
]
#: A few colors, some of them similar.
COLORS = some.sampled_from(["#c0392b", "#c23b2d", "#1f6f5c", "#f2a541", "#ffffff", "#000000", "#777777"])


def candidate(color: str, rule: str, confidence: float = 0.5, role: ColorRole = "primary") -> FieldCandidate:
    return FieldCandidate(
        field="colors", value=[color], role=role, confidence=confidence, rule=rule, url="https://acme.test/"
    )


CANDIDATES = some.lists(
    some.builds(
        candidate,
        COLORS | some.integers(0, 0xFFFFFF).map("#{:06x}".format),
        some.sampled_from(RULES),
        some.sampled_from([0.3, 0.4, 0.55, 0.65]),
        some.sampled_from(["primary", "accent", "background"]),
    ),
    max_size=25,
)


@given(CANDIDATES)
def test_any_palette_has_one_main_color_and_few_distinct_others(candidates: list[FieldCandidate]) -> None:
    finding = choose_brand_palette(candidates)
    if finding is None:
        return
    roles = Counter(brand_color.role for brand_color in finding.colors)
    assert finding.value == [brand_color.color for brand_color in finding.colors]
    assert (finding.colors[0].role, roles["primary"]) == ("primary", 1)
    assert roles["accent"] <= MAX_ACCENT_COLORS
    assert roles["background"] <= 1
    assert MIN_BRAND_COLOR_CONFIDENCE <= finding.confidence <= 1
    pairs = [(later, earlier) for at, later in enumerate(finding.value) for earlier in finding.value[:at]]
    assert not any(is_similar_color(*pair) for pair in pairs)
    assert {*finding.value} <= {color for candidate in candidates for color in candidate.value}


@given(CANDIDATES, some.randoms())
def test_palette_is_independent_of_the_candidates_order(candidates: list[FieldCandidate], random: Random) -> None:
    shuffled = candidates[:]
    random.shuffle(shuffled)
    assert choose_brand_palette(candidates) == choose_brand_palette(shuffled)


@given(CANDIDATES, COLORS, some.sampled_from(RULES))
def test_a_grey_never_wins_over_a_color(candidates: list[FieldCandidate], color: str, rule: str) -> None:
    finding = choose_brand_palette(candidates)
    colored = [
        candidate
        for candidate in candidates
        if not is_neutral_color(next(iter(candidate.value))) and candidate.role != "background"
    ]
    if finding and colored:
        assert not is_neutral_color(finding.colors[0].color)
    if any(candidate.confidence >= MIN_BRAND_COLOR_CONFIDENCE for candidate in colored):
        assert finding is not None


def test_agreeing_places_choose_the_main_color() -> None:
    bar, mark = candidate("#c0392b", "html.theme-color", 0.55), candidate("#c23b2d", "logo", 0.6)
    alone = candidate("#1f6f5c", "css.--brand", 0.65)
    finding = choose_brand_findings([alone, bar, mark])["colors"]
    main = finding.colors[0]
    assert (main.color, main.rule, finding.confidence) == ("#c23b2d", "logo+html.theme-color", 0.75)
    assert [(brand_color.color, brand_color.role) for brand_color in finding.colors[1:]] == [("#1f6f5c", "accent")]


def test_places_of_one_form_do_not_corroborate_each_other() -> None:
    form = [candidate("#c0392b", rule, 0.5) for rule in ("html.theme-color", "manifest.theme_color")]
    finding = choose_brand_palette([*form, candidate("#1f6f5c", "css.--brand", 0.55)])
    assert finding is not None
    assert (finding.value, finding.confidence) == (["#1f6f5c", "#c0392b"], 0.55)


def test_black_needs_a_setting_and_the_logo() -> None:
    bar, mark = candidate("#000000", "html.theme-color"), candidate("#111111", "logo", 0.6)
    white = candidate("#ffffff", "manifest.background_color", 0.4, "background")
    for candidates in ([bar], [mark], [bar, white], [white], [candidate("#ffffff", "logo"), white]):
        assert choose_brand_palette(candidates) is None
    finding = choose_brand_palette([bar, mark, white])
    assert finding is not None
    assert [(brand_color.color, brand_color.role) for brand_color in finding.colors] == [
        ("#111111", "primary"),
        ("#ffffff", "background"),
    ]
    colored = choose_brand_palette([bar, mark, candidate("#c0392b", "css.--accent", 0.5, "accent")])
    assert colored is not None
    assert colored.value == ["#c0392b"]
