"""Palette: the few colors of a brand, each with its role, chosen from all candidates of one source.

Similar colors are one swatch. The main color is that of the most confident place, and agreement of
independent places raises the confidence: an app's settings, style sheets, the logo. Black, white and greys
are at most a background. The exception: no candidate is chromatic, and two places, one of them a setting,
agree.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas.brand import BrandColor, Candidate, ColorRole, Finding
from workers.ingest.colors.oklab import is_alike, is_neutral, is_white

#: Colors in addition to the main one and the background: five in all.
ACCENTS = 3
#: Confidence that a second independent place adds, and a third; the most that a color gets.
AGREEMENT, FURTHER, SUREST = 0.15, 0.05, 0.95
#: Confidence below which a color is left out.
LEAST = 0.35
#: Independent place of each rule, by its first part: metas and the manifest are filled from one form.
HANDS = {"html": "settings", "manifest": "settings"}


class Swatch(NamedTuple):
    """Candidates with similar colors, the most confident first."""

    said: list[Candidate]

    @property
    def color(self) -> str:
        return color_of(self.said[0])

    @property
    def confidence(self) -> float:
        others = len(self.by_hand) - 1
        added = AGREEMENT + FURTHER * (others - 1) if others else 0.0
        return round(min(self.said[0].confidence + added, SUREST), 3)

    @property
    def by_hand(self) -> dict[str, Candidate]:
        """The most confident candidate of each independent place."""
        return {hand(one): one for one in reversed(self.said)}

    def may_be(self, role: ColorRole) -> bool:
        return any(one.role == role for one in self.said)


def color_of(candidate: Candidate) -> str:
    """Return the color of a candidate, the only item of its value."""
    return next(iter(candidate.value))


def hand(candidate: Candidate) -> str:
    place = candidate.rule.partition(".")[0]
    return HANDS.get(place, place)


def palette(candidates: Iterable[Candidate]) -> Finding | None:
    """Return the finding of `colors`; None without a main color. The candidates' order doesn't matter."""
    found = sorted(swatches(candidates), key=lambda one: (-one.confidence, one.color))
    main = main_of(found)
    if main is None:
        return None
    shown = list(colors(main, [one for one in found if one is not main]))
    return Finding(
        value=[one.color for one in shown],
        confidence=main.confidence,
        rule=shown[0].rule,
        url=shown[0].url,
        colors=shown,
    )


def swatches(candidates: Iterable[Candidate]) -> list[Swatch]:
    """Return swatches: each candidate joins the most confident swatch of a similar color."""
    found: list[Swatch] = []
    for one in sorted(candidates, key=order):
        swatch = next((known for known in found if is_alike(known.color, color_of(one))), None)
        if swatch is None:
            found.append(Swatch([one]))
        else:
            swatch.said.append(one)
    return found


def order(candidate: Candidate) -> tuple[float, str, str, str, str]:
    return -candidate.confidence, candidate.rule, color_of(candidate), candidate.url, candidate.role or ""


def main_of(found: list[Swatch]) -> Swatch | None:
    """Return the most confident swatch with the main role, else the most confident accent."""
    chromatic = [one for one in found if not is_neutral(one.color) and one.confidence >= LEAST]
    roles: tuple[ColorRole, ...] = ("primary", "accent")
    named = (one for role in roles for one in chromatic if one.may_be(role))
    agreed = (one for one in found if is_agreed_ink(one)) if not any(map(is_colored, found)) else iter(())
    return next(named, None) or next(agreed, None)


def is_colored(swatch: Swatch) -> bool:
    return not is_neutral(swatch.color)


def is_agreed_ink(swatch: Swatch) -> bool:
    """Return whether a setting and another place name a black or grey as the main color."""
    hands = swatch.by_hand.keys()
    return swatch.may_be("primary") and not is_white(swatch.color) and "settings" in hands and len(hands) > 1


def colors(main: Swatch, others: list[Swatch]) -> Iterator[BrandColor]:
    """Yield the main color, accents by confidence, the background."""
    background = next((one for one in others if is_ground(one)), None)
    accents = [one for one in others if one is not background and is_accent(one)]
    yield shown(main, "primary")
    yield from (shown(one, "accent") for one in accents[:ACCENTS])
    yield from (shown(one, "background") for one in (background,) if one)


def is_ground(swatch: Swatch) -> bool:
    return swatch.may_be("background") and not (is_colored(swatch) and swatch.may_be("primary"))


def is_accent(swatch: Swatch) -> bool:
    named = swatch.may_be("primary") or swatch.may_be("accent")
    return named and is_colored(swatch) and swatch.confidence >= LEAST


def shown(swatch: Swatch, role: ColorRole) -> BrandColor:
    """Return the color with the rules of all places that have it, and the first one's address."""
    best = sorted(swatch.by_hand.values(), key=order)
    return BrandColor(color=swatch.color, role=role, rule="+".join(one.rule for one in best), url=best[0].url)
