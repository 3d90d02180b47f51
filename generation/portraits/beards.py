"""Beards: stubble, short, full, or a mustache. The mouth is drawn over them."""

from generation.portraits.curves import mirrored, points
from generation.portraits.head import Head
from generation.portraits.looks import Look
from generation.portraits.sketch import Sketch
from generation.portraits.tones import Hair, Skin

_SHORT = points("""
    0,684 46,677 94,648 130,598 148,536 151,470 150,430 143,440 138,496 122,536 96,556 72,556
    52,546 30,548 12,556 0,553
""")
_FULL = points("""
    0,726 58,716 112,676 146,610 156,540 154,470 151,430 143,440 138,490 118,530 92,548 70,550
    50,542 30,546 12,555 0,552
""")
_MUSTACHE = points("0,562 22,568 44,576 64,588 62,566 46,550 26,545 10,552 0,552")
#: The shade below the lower lip, and the bare skin around the lips.
_BELOW = points("0,632 26,628 38,616 30,606 0,604")
_GAP = points("0,600 40,592 56,576 50,562 0,566")
_BEARDS = {"stubble": _SHORT, "short": _SHORT, "full": _FULL, "mustache": _MUSTACHE}


def draw_beard(sketch: Sketch, look: Look, shape: Head, hair: Hair, skin: Skin) -> None:
    if look.beard == "none":
        return
    path = shape.path(mirrored(_BEARDS[look.beard]))
    if look.beard == "stubble":
        with sketch.within(shape.face):
            sketch.shape(path, hair.dark, opacity=0.26)
        return
    fill = sketch.down((430, 700), (hair.plain, 0.55), (hair.plain, 1.0), (hair.shade, 1.0))
    sketch.shape(path, fill)
    sketch.shape(path, sketch.across((20, 160), (hair.dark, 0.0), (hair.dark, 0.6)))
    if look.beard != "mustache":
        sketch.shape(shape.path(mirrored(_BELOW)), hair.dark, opacity=0.35)
        sketch.shape(shape.path(mirrored(_GAP)), skin.shade, opacity=0.5)
