"""Choice of looks for a piece: by its pictures, its voice and its trade, in an order by the seed."""

from collections.abc import Sequence
from typing import NamedTuple

from generation.looks.template import LookHeader
from generation.seeds import seeded_random_number
from generation.spec import PieceCopy

#: Weight of the seed, in ranks: it may put a look before one that suits a little better.
SEED_WEIGHT = 1.6
#: Longest entry of a list slide that repeats the points, in characters.
MAX_RECAP_ITEM_CHARACTERS = 60
#: Value of `suits` of a look for all trades.
ANY_TRADE = "any"


class LookMaterial(NamedTuple):
    """Material of a piece for a look. `photo_sides_px` are the shorter sides of its photos."""

    photo_sides_px: Sequence[int] = ()
    screenshots: int = 0
    items: int = 0
    has_quote: bool = False
    tone: str = "plain"
    trade: str | None = None
    allowed: Sequence[str] = ()


def count_list_items(copy: PieceCopy) -> int:
    """Return the number of entries that a list slide of a piece may have: its items, or else its short points."""
    return max(len(copy.items), sum(len(line.text) <= MAX_RECAP_ITEM_CHARACTERS for line in copy.points))


def order_looks(headers: Sequence[LookHeader], material: LookMaterial, seed: str) -> list[LookHeader]:
    """Return the looks that a piece has the material for, best first.

    `allowed` looks keep their order. Other looks are ranked by the trade, the voice and the pictures. The seed orders
    looks of about the same rank, so pieces of one brand differ.
    """
    fitting = [one for one in headers if has_material(one, material)]
    if material.allowed:
        return sorted(
            (one for one in fitting if one.name in material.allowed), key=lambda one: material.allowed.index(one.name)
        )
    return sorted(
        fitting,
        key=lambda one: -rank_look(one, material) - SEED_WEIGHT * seeded_random_number(seed, f"look {one.name}"),
    )


def has_material(header: LookHeader, material: LookMaterial) -> bool:
    """Return whether a piece has a look's pictures, items and quote, and no voice that it bars."""
    photos = sum(side >= header.min_photo_side_px for side in material.photo_sides_px)
    return (
        photos >= header.needs_photos
        and material.screenshots >= header.needs_screenshots
        and material.items >= header.min_items
        and (material.has_quote or not header.needs_quote)
        and material.tone not in header.barred_voices
    )


def rank_look(header: LookHeader, material: LookMaterial) -> int:
    """Return how well a look suits a piece: 1 each for its trade, its voice, and for showing its pictures."""
    is_pictured = bool(header.needs_photos and material.photo_sides_px) or bool(header.needs_screenshots)
    is_of_trade = material.trade in header.suits or ANY_TRADE in header.suits
    return is_of_trade + (material.tone in header.voices) + is_pictured
