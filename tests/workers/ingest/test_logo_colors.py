"""Colors of the logo's picture, in whatever source there is one."""

from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from schemas.brand import Extraction
from tests.workers.ingest.github.github_server import Repo, asking, github
from tests.workers.ingest.website.visits import ignored, visited, words
from tests.workers.web.web import Answers, say
from workers.ingest.github.ingest import ingest
from workers.ingest.parser.parser import Parser

pytestmark = pytest.mark.asyncio(loop_scope="module")


def logo(color: str, size: int = 180) -> bytes:
    image = Image.new("RGBA", (size, size), "white")
    ImageDraw.Draw(image).ellipse((20, 20, 150, 150), color)
    image.save(wire := BytesIO(), "PNG")
    return wire.getvalue()


def site(picture: bytes, head: str = "") -> Answers:
    icon = "<link rel=apple-touch-icon href=/logo.png>"
    return {"/": say(body=f"<title>Zap</title>{icon}{head}"), "/logo.png": picture}


def png(body: bytes) -> bytes:
    return say(body=body, content_type="image/png")


def shown(extraction: Extraction) -> list[tuple[str, str, str]]:
    found = extraction.fields.get("colors")
    return [(one.color, one.role, one.rule) for one in found.colors] if found else []


async def test_a_site_that_names_no_color_has_its_logos(parser: Parser) -> None:
    extraction, served = await visited(parser, site(png(logo("#c0392b"))))
    assert shown(extraction) == [("#c0392b", "primary", "logo")]
    assert extraction.fields["colors"].colors[0].url == served.url("/logo.png")
    assert served.paths.count("/logo.png") == 1


async def test_a_logo_in_the_color_of_a_setting_outweighs_a_style_sheet(parser: Parser) -> None:
    head = "<meta name=theme-color content=#c0392b><style>:root{--brand:#1f6f5c}</style>"
    extraction, _ = await visited(parser, site(png(logo("#c23b2d")), head))
    assert shown(extraction) == [
        ("#c23b2d", "primary", "logo+html.theme-color"),
        ("#1f6f5c", "accent", "css.--brand"),
    ]
    assert extraction.fields["colors"].confidence == 0.75


@pytest.mark.parametrize(
    "picture",
    [
        say(404),
        png(b"\x89PNG\r\n\x1a\n"),
        png(logo("#c0392b")[:-100]),
        png(b"<svg xmlns='http://www.w3.org/2000/svg' width='99' height='99'>" + b"<g>" * 50_000),
    ],
)
async def test_a_logo_that_cant_be_read_costs_nothing_else(parser: Parser, picture: bytes) -> None:
    extraction, _ = await visited(parser, site(picture, "<meta name=theme-color content=#1f6f5c>"))
    assert shown(extraction) == [("#1f6f5c", "primary", "html.theme-color")]
    assert words(extraction) == []


async def test_a_repository_has_the_colors_of_its_store_icon(parser: Parser) -> None:
    icon = "fastlane/metadata/android/en-US/images/icon.png"
    files = {"README.md": b"# Zap\n\nZap draws what you say.\n", icon: logo("#c0392b", 512)}
    async with github(Repo("acme/zap", files=files)) as served, asking(served) as api:
        args = {"repo": "acme/zap", "branch": None}
        extraction = await ingest(api, parser, args=args, visit=None, progress=ignored)
    assert shown(extraction) == [("#c0392b", "primary", "logo")]
    assert extraction.fields["colors"].colors[0].url.endswith(icon)
