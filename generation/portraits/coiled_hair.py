"""Coiled hair: short or full, in a puff, in locs, or under a scarf."""

from generation.portraits.curves import both, mirrored, points
from generation.portraits.long_hair import TIED, TIED_STRANDS
from generation.portraits.style import HairStyle

AFRO = HairStyle(
    front=(
        mirrored(
            points("""
    0,150 100,160 176,220 206,320 196,420 164,462 147,432 141,380 128,336 98,308 50,298 0,300
""")
        ),
    ),
    back=mirrored(points("0,124 110,138 190,204 228,300 232,410 204,500 150,560 0,560")),
    behind=points("""
    -150,540 -204,494 -232,410 -228,300 -190,208 -110,142 0,122 110,142 190,208 228,300 232,410
    204,494 150,540
"""),
    rim=(points("-136,360 -126,330 -96,308 -50,296 0,298 50,296 96,308 126,330 136,360"),),
    bumps=26,
)
COILS = HairStyle(
    front=(
        mirrored(
            points("""
    0,190 70,196 122,224 150,276 158,340 156,400 149,436 145,390 137,340 110,308 56,296 0,298
""")
        ),
    ),
    rim=(
        points("-148,300 -134,246 -92,208 -30,188 30,188 92,208 134,246 148,300"),
        points("-116,316 -92,300 -46,292 0,294 46,292 92,300 116,316"),
    ),
    bumps=23,
)
CURLS = HairStyle(
    front=(
        mirrored(
            points("""
    0,166 96,178 166,240 196,330 200,430 170,480 150,440 143,386 122,340 70,314 0,308
""")
        ),
    ),
    back=mirrored(points("0,156 120,180 200,270 226,420 236,560 220,680 160,720 0,700")),
    over=both(points("148,420 196,430 226,540 228,640 196,706 150,690 136,620 154,540")),
    behind=points("""
    -190,690 -228,630 -236,550 -226,420 -204,300 -130,192 0,162 130,192 204,300 226,420 236,550
    228,630 190,690
"""),
    rim=(points("-144,420 -138,370 -110,334 -60,314 0,308 60,314 110,334 138,370 144,420"),),
    bumps=31,
)
PUFF = HairStyle(
    front=(TIED,),
    back=mirrored(points("0,98 66,106 112,142 118,188 92,230 0,244")),
    strands=TIED_STRANDS,
    behind=points("-86,228 -114,186 -102,138 -60,108 0,98 60,108 102,138 114,186 86,228"),
    bumps=23,
)
LOCS = HairStyle(front=(TIED,), over=both(points("140,380 170,400 190,800 150,800")), strands=TIED_STRANDS)
WRAP = HairStyle(peak=54.0)
