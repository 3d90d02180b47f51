"""Palette: the few colors of a brand, each with its role, chosen from all candidates of one source.

Similar colors are one swatch. The main color is that of the most confident place, and agreement of
independent places raises the confidence: an app's settings, style sheets, the logo. Black, white and greys
are at most a background. The exception: no candidate is chromatic, and two places, one of them a setting,
agree.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas.brand import BrandColor, Candidate, ColorRole, FieldFinding
from workers.ingest.colors.oklab import is_alike, is_neutral, is_white

#: Colors in addition to the main one and the background: five in all.
MAX_ACCENTS = 3
#: Confidence that a second independent place adds.
SECOND_PLACE_BONUS = 0.15
#: Confidence that a third and each further place adds.
THIRD_PLACE_BONUS = 0.05
MAX_CONFIDENCE = 0.95
MIN_CONFIDENCE = 0.35
#: Independent place of each rule, by its first part: metas and the manifest are filled from one form.
PLACE_BY_RULE = {"html": "settings", "manifest": "settings"}


class Swatch(NamedTuple):
    """Candidates with similar colors, the most confident first."""

    candidates: list[Candidate]

    @property
    def color(self) -> str:
        return color_of(self.candidates[0])

    @property
    def confidence(self) -> float:
        further_places = len(self.by_place) - 1
        bonus = SECOND_PLACE_BONUS + THIRD_PLACE_BONUS * (further_places - 1) if further_places else 0.0
        return round(min(self.candidates[0].confidence + bonus, MAX_CONFIDENCE), 3)

    @property
    def by_place(self) -> dict[str, Candidate]:
        """Return the most confident candidate of each independent place."""
        return {place_of(candidate): candidate for candidate in reversed(self.candidates)}

    def has_candidate_for(self, role: ColorRole) -> bool:
        return any(candidate.role == role for candidate in self.candidates)


def color_of(candidate: Candidate) -> str:
    """Return the color of a candidate, the only item of its value."""
    return next(iter(candidate.value))


def place_of(candidate: Candidate) -> str:
    place = candidate.rule.partition(".")[0]
    return PLACE_BY_RULE.get(place, place)


def palette(candidates: Iterable[Candidate]) -> FieldFinding | None:
    """Choose the brand's colors and their roles: return the finding of field `colors`.

    Return None without a main color. The candidates' order doesn't matter.
    """
    all_swatches = sorted(group_swatches(candidates), key=lambda swatch: (-swatch.confidence, swatch.color))
    main = main_swatch(all_swatches)
    if main is None:
        return None
    brand_colors = list(brand_colors_of(main, [swatch for swatch in all_swatches if swatch is not main]))
    return FieldFinding(
        value=[swatch.color for swatch in brand_colors],
        confidence=main.confidence,
        rule=brand_colors[0].rule,
        url=brand_colors[0].url,
        colors=brand_colors,
    )


def group_swatches(candidates: Iterable[Candidate]) -> list[Swatch]:
    """Return swatches: each candidate joins the most confident swatch of a similar color."""
    merged: list[Swatch] = []
    for candidate in sorted(candidates, key=sort_key):
        swatch = next((earlier for earlier in merged if is_alike(earlier.color, color_of(candidate))), None)
        if swatch is None:
            merged.append(Swatch([candidate]))
        else:
            swatch.candidates.append(candidate)
    return merged


def sort_key(candidate: Candidate) -> tuple[float, str, str, str, str]:
    return -candidate.confidence, candidate.rule, color_of(candidate), candidate.url, candidate.role or ""


def main_swatch(all_swatches: list[Swatch]) -> Swatch | None:
    """Return the most confident chromatic swatch with the main role, else the most confident accent.

    Without a chromatic swatch, return an agreed black or grey. Return None if no swatch qualifies.
    """
    colored = list(filter(is_colored, all_swatches))
    roles: tuple[ColorRole, ...] = ("primary", "accent")
    sure = [swatch for swatch in colored if swatch.confidence >= MIN_CONFIDENCE]
    with_role = (swatch for role in roles for swatch in sure if swatch.has_candidate_for(role))
    return next(with_role if colored else filter(is_agreed_ink, all_swatches), None)


def is_colored(swatch: Swatch) -> bool:
    return not is_neutral(swatch.color)


def is_agreed_ink(swatch: Swatch) -> bool:
    """Return whether a setting and another place name a black or grey as the main color."""
    places = swatch.by_place.keys()
    return (
        swatch.has_candidate_for("primary")
        and not is_white(swatch.color)
        and "settings" in places
        and len(places) > 1
    )


def brand_colors_of(main: Swatch, other_swatches: list[Swatch]) -> Iterator[BrandColor]:
    """Yield the main color, accents by confidence, the background."""
    background = next((swatch for swatch in other_swatches if is_background(swatch)), None)
    accents = [swatch for swatch in other_swatches if swatch is not background and is_accent(swatch)]
    yield brand_color(main, "primary")
    yield from (brand_color(swatch, "accent") for swatch in accents[:MAX_ACCENTS])
    if background:
        yield brand_color(background, "background")


def is_background(swatch: Swatch) -> bool:
    return swatch.has_candidate_for("background") and not (
        is_colored(swatch) and swatch.has_candidate_for("primary")
    )


def is_accent(swatch: Swatch) -> bool:
    has_role = swatch.has_candidate_for("primary") or swatch.has_candidate_for("accent")
    return has_role and is_colored(swatch) and swatch.confidence >= MIN_CONFIDENCE


def brand_color(swatch: Swatch, role: ColorRole) -> BrandColor:
    """Return the color with the rules of all places that have it, and the first one's address."""
    candidates = sorted(swatch.by_place.values(), key=sort_key)
    return BrandColor(
        color=swatch.color,
        role=role,
        rule="+".join(candidate.rule for candidate in candidates),
        url=candidates[0].url,
    )
