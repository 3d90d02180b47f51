"""Looks in Chromium: the engine's markup and styles give about the same pixels in a browser."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from generation.looks.catalog import load_look
from generation.looks.deck import list_piece_fonts
from generation.looks.engine import LookEngine
from generation.looks.messages import FontFile
from generation.looks.palette import derive_look_palette
from generation.looks.slide import LookArtist, read_look_texts
from generation.looks.template import SlideKind
from generation.theme import derive_piece_color_theme
from tests.generation.looks.test_families import PICTURES, TEXTS, slide
from tests.peers.chromium import BrowserTab

pytestmark = pytest.mark.peers

#: Pixels by which a blur hides the differences of two rasterizers.
BLUR_PX = 6
#: Largest mean difference of a channel, and largest share of pixels with more than 32, after the blur.
MAX_MEAN_DIFFERENCE, MAX_DIFFERENT_SHARE = 3.0, 0.02
CASES: list[tuple[str, SlideKind]] = [("poster", "hook"), ("quote", "quote"), ("app", "list")]


#: Styles of the page: the engine leaves the axis of optical sizes at its default.
PAGE_STYLE = "body{margin:0} *{font-optical-sizing:none}"


def font_rule(font: FontFile) -> str:
    data = base64.b64encode(Path(font.path).read_bytes()).decode()
    slant = "italic" if "italic" in Path(font.path).name.casefold() else "normal"
    source = f"src:url(data:font/ttf;base64,{data});font-weight:100 900;font-style:{slant}"
    return f"@font-face{{font-family:'{font.family}';{source}}}"


def photograph(browser: BrowserTab, markup: str, sheets: list[str], fonts: list[FontFile]) -> Image.Image:
    """Return Chromium's picture of a slide, with its fonts and pictures as data."""
    for name, data in {one.name: data for one, data in PICTURES.values()}.items():
        markup = markup.replace(f'src="{name}"', f'src="data:image/jpeg;base64,{base64.b64encode(data).decode()}"')
    styles = "".join(f"<style>{sheet}</style>" for sheet in [*map(font_rule, fonts), PAGE_STYLE, *sheets])
    browser.resize(1080, 1350)
    browser.send("Page.navigate", url="about:blank")
    frame = browser.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    html = f'<!doctype html><meta charset="utf-8">{styles}{markup}'
    browser.send("Page.setDocumentContent", frameId=frame, html=html)
    browser.run("document.fonts.ready.then(() => true)")
    clip = {"x": 0, "y": 0, "width": 1080, "height": 1350, "scale": 1}
    shot = browser.send("Page.captureScreenshot", format="png", clip=clip)["data"]
    return Image.open(io.BytesIO(base64.b64decode(shot))).convert("RGB")


@pytest.mark.parametrize(("look", "kind"), CASES)
def test_a_browser_draws_a_slide_like_the_engine(browser: BrowserTab, look: str, kind: SlideKind) -> None:
    template = load_look(look)
    texts = read_look_texts([*TEXTS["de"], "a.example 2/6 “ 01234"], "de")
    palette = derive_look_palette(derive_piece_color_theme(["#0b6e99", "#ffd166"]))
    fonts = list_piece_fonts(texts, [template])
    with LookEngine(fonts, {one.name: data for one, data in PICTURES.values()}) as engine:
        artist = LookArtist(engine, template, palette, "4:5", texts)
        prepared = artist.prepare_slide(template.sections[kind][0], slide(kind, "de"))
        drawn = artist.draw_slide(prepared)
        markup = artist._write_markup(prepared.section, prepared.classes)
        sheets = artist._build_stylesheets(drawn.scrim, prepared.words_top_px / artist.size[1])
    seen = photograph(browser, markup, sheets, fonts)
    ours, theirs = (np.asarray(one.filter(ImageFilter.GaussianBlur(BLUR_PX)), np.int16) for one in (drawn.image, seen))
    difference = np.abs(ours - theirs).max(2)
    assert (difference.mean() < MAX_MEAN_DIFFERENCE, (difference > 32).mean() < MAX_DIFFERENT_SHARE) == (True, True), (
        round(float(difference.mean()), 2),
        round(float((difference > 32).mean()), 4),
    )
