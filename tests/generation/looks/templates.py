"""A small template of an invented designer, and its changes for tests."""

from typing import Any

TEMPLATE = """<!doctype html>
<meta charset="utf-8">
<meta name="look" content="harbour">
<meta name="needs" content="photos=0">
<meta name="suits" content="any bakery">
<meta name="voices" content="plain warm">
<style>
:root{--deep:#123456;--on-deep:#fff;--sans:sans-serif}
section{position:relative;width:1080px;height:1350px;overflow:hidden;background:var(--deep);color:var(--on-deep)}
.in{position:absolute;left:90px;top:300px;width:850px}
.head{font-family:Outfit,var(--sans);font-weight:700;line-height:1.2}
.line{font-family:Outfit,var(--sans);font-weight:500;line-height:1.3;margin-top:30px}
</style>
<section data-kind="hook"><div class="in">
<div class="head" data-slot="headline" data-box="850x640" data-size="40-150" data-lines="6">Bread at seven</div>
<div class="line" data-slot="name" data-box="850x90" data-size="24-40" data-lines="1">Tideline</div></div></section>
<section data-kind="point"><div class="in">
<div class="head" data-slot="headline" data-box="850x640" data-size="40-130" data-lines="6">Warm rolls</div></div>
</section>
<section data-kind="end"><div class="in">
<div class="head" data-slot="name" data-box="850x300" data-size="40-130" data-lines="3">Tideline</div>
<div class="line" data-slot="call" data-optional data-box="850x90" data-size="24-40" data-lines="1">Visit us</div></div>
</section>
"""


def template(style: str = "", markup: str = "", **replaced: Any) -> str:
    """Return the template with more styles, with more markup in its hook, and with replaced words."""
    source = TEMPLATE.replace("</style>", f"{style}\n</style>").replace(
        "</div></section>", f"</div>{markup}</section>", 1
    )
    for old, new in replaced.items():
        source = source.replace(old, new)
    return source
