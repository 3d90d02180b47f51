"""Hostile templates: files of a partner that attack the lint, the engine or the host."""

from tests.generation.looks.templates import template

#: Address of a listener, to be replaced.
OUT = "http://listener.example"
_BOX = ".x{{position:absolute;left:0;top:0;width:900px;height:900px;background:#fff;{}}}"


def _box(css: str, count: int = 1) -> str:
    return template(style=_BOX.format(css), markup='<div class="x"></div>' * count)


def _doubling(levels: int) -> str:
    doubled = "".join(f"--v{n + 1}:var(--v{n}) var(--v{n});" for n in range(levels))
    return template(
        style=f".x{{--v0:'aaaaaaaa';{doubled}font-family:var(--v{levels})}}", markup='<div class="x"></div>'
    )


#: Templates by their attack; each is refused by the lint, or ends within the limits of the drawing process.
HOSTILE_TEMPLATES = {
    "a picture of a server": template(markup=f'<img data-slot="photo" src="{OUT}/a.png">'),
    "a ground of a server": _box(f"background-image:url({OUT}/b.png)"),
    "a sheet of a server": template(style=f"@import '{OUT}/c.css';"),
    "a font of a server": template(style=f"@font-face{{font-family:Z;src:url({OUT}/d.woff2)}}"),
    "a link, a script, a frame": template(
        markup=f'<link rel="stylesheet" href="{OUT}/e"><script src="{OUT}/f">while(1){{}}</script>'
        f'<iframe src="{OUT}/g"></iframe><object data="{OUT}/h"></object>'
    ),
    "a refresh": template(**{'charset="utf-8"': f'http-equiv="refresh" content="0;url={OUT}/i"'}),
    "a file of the host": template(markup='<img data-slot="photo" src="file:///etc/hostname">'),
    "a file in a style": template(markup="<div style=\"background-image:url('/etc/hostname')\"></div>"),
    "a drawing with a file": template(markup='<svg><image href="file:///etc/hostname"/></svg>'),
    "a picture as data": _box("background-image:url(data:image/svg+xml;base64,PHN2Zy8+)"),
    "an escaped address": _box(f"background-image:u\\72l({OUT}/j)"),
    "an address in a comment": template(style=f"/* */.x{{background:/**/url({OUT}/k)}}"),
    "a depth of 3,000": template(markup="<div>" * 3000 + "</div>" * 3000),
    "6,000 elements": template(markup="<b></b>" * 6000),
    "a blur of 100,000": _box("filter:blur(100000px)"),
    "a shadow of 100,000": _box("box-shadow:0 0 100000px 100000px #000"),
    "300 blurs": _box("filter:blur(60px);backdrop-filter:blur(60px)", 300),
    "a font of 1,000,000": _box("font-size:1000000px"),
    "a box of 1,000,000,000": _box("width:1000000000px;height:1000000000px"),
    "a scale of 1,000,000,000": _box("transform:scale(1000000000) rotate(1e30deg)"),
    "numbers that are none": _box("width:calc(1px / 0);letter-spacing:1e39px;opacity:nan;line-height:-1e39"),
    "variables in a circle": template(style=".x{--a:var(--b);--b:var(--a);width:var(--a)}"),
    "variables that double 30 times": _doubling(30),
    "a grid of 1,000,000": _box("display:grid;grid-template-columns:repeat(1000000,1px)"),
    "a gradient of thin stripes": _box("background-image:repeating-linear-gradient(90deg,#000 0px,#fff .0001px)"),
    # These pass the lint: the limits of the process end them, or they are drawn.
    "60 KB of words": template(**{"Bread at seven": "word " * 11_000}),
    "one word of 50 KB": template(**{"Bread at seven": "w" * 50_000}),
    "60 KB of selectors": template(style=".in .head > .line{color:red}" * 1_900),
    "300 large turned gradients": _box(
        "width:4000px;height:4000px;opacity:.5;transform:rotate(3deg) scale(9);mix-blend-mode:multiply;"
        "background-image:radial-gradient(circle at 50% 50%,#000 0%,#fff 100%)",
        300,
    ),
    "300 large shadows": _box("width:4000px;height:4000px;box-shadow:0 0 120px 4000px #000", 300),
    "8 large blurs": _box("width:4000px;height:4000px;filter:blur(120px);backdrop-filter:grayscale(1)", 8),
    "boxes in boxes": template(
        style=".x{width:400%;height:400%;border-radius:50%;overflow:hidden;clip-path:circle(50% at 50% 50%)}",
        markup='<div class="x">' * 20 + "</div>" * 20,
    ),
    "8 grids of 40": template(
        style=".x{display:grid;grid-template-columns:repeat(24,minmax(1px,1fr));gap:1px}",
        markup=('<div class="x">' + "<div></div>" * 40 + "</div>") * 8,
    ),
    "300 filters": _box("filter:saturate(9) contrast(9) hue-rotate(90deg) sepia(1)", 300),
}

#: Attacks that only the limits of the drawing process end.
LEGAL_ATTACKS = [*HOSTILE_TEMPLATES][-9:]
