"""Hair styles by name, as shapes on a head of average proportions."""

from collections.abc import Mapping
from typing import NamedTuple

from generation.portraits.curves import (
    CurvePoints,
    mirror_half_shape,
    mirror_points_horizontally,
    pair_points_with_mirror_image,
    parse_points,
)
from generation.portraits.looks import PresenterLook


class HairStyleShapes(NamedTuple):
    """`back` lies behind head and neck, `over` falls over the shoulders, `front` lies on the head.

    `strands` are lines in the front, alternately light and dark. `bumps` is the radius of curls along the
    outlines in `behind` and `rim`. `peak` is the y of the top of the head or of a covering.
    """

    front: tuple[CurvePoints, ...] = ()
    back: CurvePoints = ()
    over: tuple[CurvePoints, ...] = ()
    strands: tuple[CurvePoints, ...] = ()
    behind: CurvePoints = ()
    rim: tuple[CurvePoints, ...] = ()
    bumps: float = 0.0
    peak: float = 236.0

    def with_parting_flipped(self) -> "HairStyleShapes":
        """Return the mirrored style: its parting on the other side."""
        return self._replace(
            front=tuple(mirror_points_horizontally(points) for points in self.front),
            back=mirror_points_horizontally(self.back),
            strands=tuple(mirror_points_horizontally(points) for points in self.strands),
        )

    @property
    def top_y(self) -> float:
        """Return the y of the hair style's highest point, with its curls."""
        shapes = (*self.front, self.back, self.behind, *self.rim)
        return min([y for shape in shapes for _, y in shape] + [self.peak]) - self.bumps


def _parse_hair_shape(text: str) -> tuple[CurvePoints]:
    return (parse_points(text),)


def _parse_half_hair_shape(text: str) -> tuple[CurvePoints]:
    return (mirror_half_shape(parse_points(text)),)


def _parse_shape_with_mirror_image(right: str) -> tuple[CurvePoints, CurvePoints]:
    return pair_points_with_mirror_image(parse_points(right))


_PULLED_BACK_HAIR_FRONT = _parse_hair_shape("""
    -146,450 -158,396 -161,322 -136,252 -80,206 0,190 80,206 136,252 161,322 158,396 146,450 142,398
    128,340 92,298 40,276 0,270 -40,276 -92,298 -128,340 -142,398
""")
_TIED_HAIR_STRANDS = (
    parse_points("-120,324 -96,262 -30,206"),
    parse_points("-60,284 -40,240 -8,200"),
    parse_points("0,272 2,230 4,196"),
    parse_points("60,284 44,240 14,200"),
    parse_points("120,324 96,262 36,206"),
    parse_points("146,400 150,330 120,262"),
    parse_points("-146,400 -150,330 -120,262"),
)
_CROPPED_HAIR_SHAPE = _parse_half_hair_shape(
    "0,220 70,226 122,260 150,318 155,390 149,430 145,380 136,334 112,304 60,294 0,296"
)

HAIR_STYLES: Mapping[str, HairStyleShapes] = {
    "parted": HairStyleShapes(
        front=_parse_hair_shape("""
    -146,446 -160,400 -165,326 -142,252 -96,206 -30,176 60,176 128,214 164,286 168,362 156,446
    146,404 140,360 124,322 70,318 0,306 -52,284 -74,268 -104,306 -132,356 -140,404
"""),
        strands=(
            parse_points("-66,262 0,222 80,226 140,290"),
            parse_points("-60,270 10,254 80,266 134,316"),
            parse_points("-70,252 -20,200 60,192"),
            parse_points("-100,268 -134,310 -150,380"),
        ),
    ),
    "quiff": HairStyleShapes(
        front=_parse_hair_shape("""
    -147,446 -158,400 -162,330 -152,262 -128,196 -70,150 10,132 92,146 140,192 154,262 164,336
    158,400 148,446 144,396 138,346 116,300 60,290 0,300 -60,292 -112,306 -138,350 -143,396
"""),
        strands=(
            parse_points("-100,294 -90,220 -30,168"),
            parse_points("-40,286 -20,220 40,166"),
            parse_points("20,288 50,224 100,178"),
            parse_points("80,286 112,240 132,210"),
            parse_points("-130,300 -134,240 -104,190"),
        ),
    ),
    "cropped": HairStyleShapes(front=_CROPPED_HAIR_SHAPE),
    "swept": HairStyleShapes(
        front=_parse_hair_shape("""
    -147,450 -166,404 -172,330 -150,248 -92,190 0,168 92,190 150,248 172,330 166,404 147,450 142,400
    130,344 92,300 40,280 -20,282 -84,300 -128,344 -142,400
"""),
        back=mirror_half_shape(parse_points("0,180 120,210 176,320 184,450 176,560 140,640 60,650 0,640")),
        strands=(
            parse_points("-40,282 -60,230 -120,250 -158,330"),
            parse_points("0,278 -10,210 -80,206"),
            parse_points("30,278 50,216 110,226 154,310"),
            parse_points("80,294 120,290 150,370"),
            parse_points("-96,306 -130,320 -154,400"),
        ),
    ),
    "tousled": HairStyleShapes(
        front=_parse_hair_shape("""
    -147,448 -166,396 -176,330 -160,270 -150,214 -104,190 -64,152 -4,164 52,142 104,180 150,206
    164,268 178,330 166,400 148,448 146,394 132,340 106,346 84,312 40,336 10,304 -34,338 -62,308
    -100,350 -128,336 -144,392
"""),
        strands=(
            parse_points("-110,330 -112,260 -70,200"),
            parse_points("-46,322 -40,250 10,196"),
            parse_points("24,318 20,250 70,190"),
            parse_points("90,320 84,262 118,214"),
            parse_points("-140,360 -150,300 -130,250"),
            parse_points("140,350 150,300 134,240"),
        ),
    ),
    "pixie": HairStyleShapes(
        front=_parse_hair_shape("""
    -140,476 -162,410 -170,326 -146,244 -86,192 0,174 86,188 148,242 172,324 166,412 142,480 140,420
    138,376 110,352 40,330 -30,296 -64,276 -92,318 -124,356 -138,420
"""),
        strands=(
            parse_points("-58,266 20,296 100,336 136,372"),
            parse_points("-56,256 40,256 130,320"),
            parse_points("-60,246 30,214 120,260"),
            parse_points("-74,260 -120,310 -144,400"),
        ),
    ),
    "bob": HairStyleShapes(
        front=_parse_hair_shape("""
    -150,470 -172,420 -178,330 -150,244 -88,192 0,174 88,192 150,244 178,330 172,420 150,470 147,420
    142,372 112,322 60,290 -20,268 -46,262 -84,300 -128,356 -146,420
"""),
        back=mirror_half_shape(parse_points("0,180 110,196 178,280 196,420 204,560 190,650 150,674 90,668 0,650")),
        over=_parse_shape_with_mirror_image("140,380 176,400 196,500 202,600 186,664 150,676 132,640 148,560 152,470"),
        strands=(
            parse_points("-44,254 30,236 110,268 158,350"),
            parse_points("-40,262 40,270 110,310 150,390"),
            parse_points("-56,252 -110,290 -154,380"),
            parse_points("-50,246 -96,236 -150,310"),
            parse_points("-34,246 40,204 110,226"),
        ),
    ),
    "long": HairStyleShapes(
        front=_parse_hair_shape("""
    -152,480 -176,420 -180,330 -150,244 -88,190 0,172 88,190 150,244 180,330 176,420 152,480 148,420
    138,360 104,312 50,280 8,256 -8,256 -50,284 -104,320 -140,366 -148,424
"""),
        back=mirror_half_shape(parse_points("0,178 110,194 182,280 202,420 212,600 222,780 214,900 150,930 0,900")),
        over=_parse_shape_with_mirror_image("""
    140,372 178,400 200,520 214,680 222,820 204,920 160,930 128,880 136,760 146,640 152,520
"""),
        strands=(
            parse_points("4,250 70,262 132,320 160,410"),
            parse_points("6,244 90,232 150,300 170,390"),
            parse_points("-4,250 -70,262 -132,320 -160,410"),
            parse_points("-6,244 -90,232 -150,300 -170,390"),
        ),
    ),
    "waves": HairStyleShapes(
        front=_parse_hair_shape("""
    -152,480 -180,420 -186,330 -156,240 -92,184 0,164 92,180 160,236 188,330 178,420 152,480 148,420
    146,372 120,330 60,296 0,262 -40,240 -70,284 -120,340 -146,420
"""),
        back=mirror_half_shape(
            parse_points("0,170 120,192 192,290 206,400 196,480 226,570 214,660 240,750 216,850 150,880 0,840")
        ),
        over=_parse_shape_with_mirror_image("""
    158,392 184,410 194,470 214,540 218,600 206,660 232,740 228,810 196,876 150,860 128,800 142,720
    132,640 152,560 146,480
"""),
        strands=(
            parse_points("-36,236 40,244 120,300 164,390"),
            parse_points("-34,230 60,210 140,262 174,350"),
            parse_points("-50,244 -110,300 -160,400"),
            parse_points("-48,232 -110,240 -168,340"),
        ),
    ),
    "shag": HairStyleShapes(
        front=_parse_hair_shape("""
    -150,504 -184,430 -186,330 -156,240 -92,186 0,168 92,186 156,240 186,330 184,430 150,504 149,440
    145,398 132,380 104,374 72,381 36,371 6,377 -30,368 -62,375 -94,368 -122,380 -144,400 -149,440
"""),
        back=mirror_half_shape(
            parse_points("0,170 120,190 190,290 204,420 194,500 222,580 206,640 226,720 176,770 110,740 0,730")
        ),
        over=_parse_shape_with_mirror_image("""
    158,404 182,410 196,500 216,580 204,640 222,716 176,768 140,720 150,640 136,570 150,500
"""),
        strands=(
            parse_points("-110,350 -90,270 -30,214"),
            parse_points("-50,346 -40,280 0,210"),
            parse_points("16,346 10,280 10,200"),
            parse_points("56,350 50,280 30,212"),
            parse_points("104,350 90,270 50,210"),
            parse_points("150,400 150,320 110,240"),
            parse_points("-150,400 -152,320 -114,240"),
        ),
    ),
    "bun": HairStyleShapes(
        front=_PULLED_BACK_HAIR_FRONT,
        back=parse_points("0,100 54,110 84,148 76,200 0,222 -76,200 -84,148 -54,110"),
        strands=_TIED_HAIR_STRANDS,
    ),
    "ponytail": HairStyleShapes(
        front=_PULLED_BACK_HAIR_FRONT,
        back=parse_points("""
    -20,176 40,150 110,160 172,216 206,320 226,470 240,620 230,760 196,830 170,790 176,680 172,540
    150,400 110,290 40,220
"""),
        strands=_TIED_HAIR_STRANDS,
    ),
    "afro": HairStyleShapes(
        front=_parse_half_hair_shape("""
    0,150 100,160 176,220 206,320 196,420 164,462 147,432 141,380 128,336 98,308 50,298 0,300
"""),
        back=mirror_half_shape(parse_points("0,124 110,138 190,204 228,300 232,410 204,500 150,560 0,560")),
        behind=parse_points("""
    -150,540 -204,494 -232,410 -228,300 -190,208 -110,142 0,122 110,142 190,208 228,300 232,410
    204,494 150,540
"""),
        rim=(parse_points("-136,360 -126,330 -96,308 -50,296 0,298 50,296 96,308 126,330 136,360"),),
        bumps=26,
    ),
    "coils": HairStyleShapes(
        front=_parse_half_hair_shape("""
    0,190 70,196 122,224 150,276 158,340 156,400 149,436 145,390 137,340 110,308 56,296 0,298
"""),
        rim=(
            parse_points("-148,300 -134,246 -92,208 -30,188 30,188 92,208 134,246 148,300"),
            parse_points("-116,316 -92,300 -46,292 0,294 46,292 92,300 116,316"),
        ),
        bumps=23,
    ),
    "curls": HairStyleShapes(
        front=_parse_half_hair_shape("""
    0,166 96,178 166,240 196,330 200,430 170,480 150,440 143,386 122,340 70,314 0,308
"""),
        back=mirror_half_shape(parse_points("0,156 120,180 200,270 226,420 236,560 220,680 160,720 0,700")),
        over=_parse_shape_with_mirror_image("148,420 196,430 226,540 228,640 196,706 150,690 136,620 154,540"),
        behind=parse_points("""
    -190,690 -228,630 -236,550 -226,420 -204,300 -130,192 0,162 130,192 204,300 226,420 236,550
    228,630 190,690
"""),
        rim=(parse_points("-144,420 -138,370 -110,334 -60,314 0,308 60,314 110,334 138,370 144,420"),),
        bumps=31,
    ),
    "puff": HairStyleShapes(
        front=_PULLED_BACK_HAIR_FRONT,
        back=mirror_half_shape(parse_points("0,98 66,106 112,142 118,188 92,230 0,244")),
        strands=_TIED_HAIR_STRANDS,
        behind=parse_points("-86,228 -114,186 -102,138 -60,108 0,98 60,108 102,138 114,186 86,228"),
        bumps=23,
    ),
    "bald": HairStyleShapes(),
    "receding": HairStyleShapes(
        front=_parse_shape_with_mirror_image("143,448 154,416 158,368 154,322 142,296 134,312 140,350 143,390 142,420")
    ),
    "locs": HairStyleShapes(
        front=_PULLED_BACK_HAIR_FRONT,
        over=_parse_shape_with_mirror_image("140,380 170,400 190,800 150,800"),
        strands=_TIED_HAIR_STRANDS,
    ),
    "wrap": HairStyleShapes(peak=54.0),
    "beanie": HairStyleShapes(front=_CROPPED_HAIR_SHAPE, peak=140.0),
}


def hair_style_of_look(look: PresenterLook) -> HairStyleShapes:
    style = HAIR_STYLES[look.style]
    return style.with_parting_flipped() if look.is_flipped else style
