"""Hair styles by name."""

from collections.abc import Mapping

from generation.portraits import coiled_hair, long_hair, short_hair
from generation.portraits.looks import Look
from generation.portraits.style import HairStyle

STYLES: Mapping[str, HairStyle] = {
    "parted": short_hair.PARTED,
    "quiff": short_hair.QUIFF,
    "cropped": short_hair.CROPPED,
    "swept": short_hair.SWEPT,
    "tousled": short_hair.TOUSLED,
    "pixie": short_hair.PIXIE,
    "bob": long_hair.BOB,
    "long": long_hair.LONG,
    "waves": long_hair.WAVES,
    "shag": long_hair.SHAG,
    "bun": long_hair.BUN,
    "ponytail": long_hair.PONYTAIL,
    "afro": coiled_hair.AFRO,
    "coils": coiled_hair.COILS,
    "curls": coiled_hair.CURLS,
    "puff": coiled_hair.PUFF,
    "bald": short_hair.BALD,
    "receding": short_hair.RECEDING,
    "locs": coiled_hair.LOCS,
    "wrap": coiled_hair.WRAP,
    "beanie": short_hair.BEANIE,
}


def style_of(look: Look) -> HairStyle:
    style = STYLES[look.style]
    return style.flipped() if look.is_flipped else style
