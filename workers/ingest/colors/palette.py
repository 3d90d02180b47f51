"""Palette: the few colors of a brand, each with its role, chosen from all candidates of one source.

Similar colors are one swatch. The main color is that of the most confident place, and agreement of
independent places raises the confidence: an app's settings, style sheets, the logo. Black, white and greys
are at most a background. The exception: no candidate is chromatic, and two places, one of them a setting,
agree.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas.brand import BrandColor, ColorRole, FieldCandidate, SourceFieldFinding
from workers.ingest.colors.oklab import is_neutral_color, is_similar_color, is_white

#: Colors in addition to the main one and the background: five in all.
MAX_ACCENT_COLORS = 3
#: Confidence that a second independent place adds.
COLOR_SECOND_SOURCE_BONUS = 0.15
#: Confidence that a third and each further place adds.
COLOR_FURTHER_SOURCE_BONUS = 0.05
MAX_BRAND_COLOR_CONFIDENCE = 0.95
MIN_BRAND_COLOR_CONFIDENCE = 0.35
#: Independent place of each rule, by its first part: metas and the manifest are filled from one form, and classes
#: and style sheets have one author.
COLOR_SOURCE_BY_RULE = {"html": "settings", "manifest": "settings", "class": "css"}


class SimilarColors(NamedTuple):
    """Candidates with similar colors, the most confident first."""

    candidates: list[FieldCandidate]

    @property
    def best_color(self) -> str:
        return get_candidate_color(self.candidates[0])

    @property
    def confidence(self) -> float:
        further_places = len(self.best_candidate_by_source) - 1
        bonus = COLOR_SECOND_SOURCE_BONUS + COLOR_FURTHER_SOURCE_BONUS * (further_places - 1) if further_places else 0.0
        return round(min(self.candidates[0].confidence + bonus, MAX_BRAND_COLOR_CONFIDENCE), 3)

    @property
    def best_candidate_by_source(self) -> dict[str, FieldCandidate]:
        """Return the swatch's most confident candidate by independent place, such as `settings` or `logo`."""
        return {classify_color_source(candidate): candidate for candidate in reversed(self.candidates)}

    def has_candidate_for_role(self, role: ColorRole) -> bool:
        return any(candidate.role == role for candidate in self.candidates)


def get_candidate_color(candidate: FieldCandidate) -> str:
    """Return the first color in the value of a `colors` candidate; each candidate has exactly one.

    Raises `StopIteration` for an empty value.
    """
    return next(iter(candidate.value))


def classify_color_source(candidate: FieldCandidate) -> str:
    place = candidate.rule.partition(".")[0]
    return COLOR_SOURCE_BY_RULE.get(place, place)


def choose_brand_palette(candidates: Iterable[FieldCandidate]) -> SourceFieldFinding | None:
    """Choose the brand's colors and their roles from color candidates; return the finding of field `colors`.

    Return None without a main color. The candidates' order doesn't matter.
    """
    all_swatches = sorted(
        group_similar_color_candidates(candidates), key=lambda swatch: (-swatch.confidence, swatch.best_color)
    )
    main = choose_main_swatch(all_swatches)
    if main is None:
        return None
    brand_colors = list(assign_brand_color_roles(main, [swatch for swatch in all_swatches if swatch is not main]))
    return SourceFieldFinding(
        value=[swatch.color for swatch in brand_colors],
        confidence=main.confidence,
        rule=brand_colors[0].rule,
        url=brand_colors[0].url,
        colors=brand_colors,
    )


def group_similar_color_candidates(candidates: Iterable[FieldCandidate]) -> list[SimilarColors]:
    """Group color candidates into swatches of similar colors; return the swatches.

    Each candidate joins the most confident swatch of a similar color, or begins a new swatch.
    """
    merged: list[SimilarColors] = []
    for candidate in sorted(candidates, key=color_candidate_sort_key):
        swatch = next(
            (earlier for earlier in merged if is_similar_color(earlier.best_color, get_candidate_color(candidate))),
            None,
        )
        if swatch is None:
            merged.append(SimilarColors([candidate]))
        else:
            swatch.candidates.append(candidate)
    return merged


def color_candidate_sort_key(candidate: FieldCandidate) -> tuple[float, str, str, str, str]:
    return (-candidate.confidence, candidate.rule, get_candidate_color(candidate), candidate.url, candidate.role or "")


def choose_main_swatch(all_swatches: list[SimilarColors]) -> SimilarColors | None:
    """Return the most confident chromatic swatch with the main role, else accent, above a least confidence.

    Without any chromatic swatch, return a black or gray on which two places agree. Return None if no swatch qualifies.
    """
    colored = list(filter(is_chromatic_swatch, all_swatches))
    roles: tuple[ColorRole, ...] = ("primary", "accent")
    sure = [swatch for swatch in colored if swatch.confidence >= MIN_BRAND_COLOR_CONFIDENCE]
    with_role = (swatch for role in roles for swatch in sure if swatch.has_candidate_for_role(role))
    return next(with_role if colored else filter(is_agreed_black_or_gray, all_swatches), None)


def is_chromatic_swatch(swatch: SimilarColors) -> bool:
    return not is_neutral_color(swatch.best_color)


def is_agreed_black_or_gray(swatch: SimilarColors) -> bool:
    """Return whether a swatch has the main role, isn't white, and is from a `<meta>` or manifest and another place."""
    places = swatch.best_candidate_by_source.keys()
    return (
        swatch.has_candidate_for_role("primary")
        and not is_white(swatch.best_color)
        and "settings" in places
        and len(places) > 1
    )


def assign_brand_color_roles(main: SimilarColors, other_swatches: list[SimilarColors]) -> Iterator[BrandColor]:
    """Yield the palette's colors with their roles: the main color, then accents, then the background.

    At most `MAX_ACCENT_COLORS` accents follow by confidence. The background may be missing.
    """
    background = next((swatch for swatch in other_swatches if is_background_swatch(swatch)), None)
    accents = [swatch for swatch in other_swatches if swatch is not background and is_accent_swatch(swatch)]
    yield build_brand_color(main, "primary")
    yield from (build_brand_color(swatch, "accent") for swatch in accents[:MAX_ACCENT_COLORS])
    if background:
        yield build_brand_color(background, "background")


def is_background_swatch(swatch: SimilarColors) -> bool:
    return swatch.has_candidate_for_role("background") and not (
        is_chromatic_swatch(swatch) and swatch.has_candidate_for_role("primary")
    )


def is_accent_swatch(swatch: SimilarColors) -> bool:
    has_role = swatch.has_candidate_for_role("primary") or swatch.has_candidate_for_role("accent")
    return has_role and is_chromatic_swatch(swatch) and swatch.confidence >= MIN_BRAND_COLOR_CONFIDENCE


def build_brand_color(swatch: SimilarColors, role: ColorRole) -> BrandColor:
    """Build a palette's color from a swatch and its role.

    It has the rules of all places that name the color, and the address of the most confident one.
    """
    candidates = sorted(swatch.best_candidate_by_source.values(), key=color_candidate_sort_key)
    return BrandColor(
        color=swatch.best_color,
        role=role,
        rule="+".join(candidate.rule for candidate in candidates),
        url=candidates[0].url,
    )
