"""The sheet of brands: hostile texts and pictures stay data, and each field shows its place and quotes."""

import re
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from cli.shared.brand_sheet import NO_PICTURE_NOTE, SHEET_FIELDS, SheetColumn, SheetPicture, build_brand_sheet
from schemas.brand import BrandColor, BrandExtraction, BrandFieldName, BrandPart, SourceFieldFinding
from tests.cli.conftest import Tenantry
from tests.media import png_claiming
from tests.workers.web.web import image_response, raw_response, serve
from workers.ingest.render.drawer import NO_CHROMIUM

HOSTILE = "</p></style><script>alert(1)</script><img src=x onerror=alert(1)> \" ' & javascript:alert(1)"
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "article", "div", "h1", "h2", "p"),
    *("ul", "li", "figure", "figcaption", "bdi", "img", "svg", "rect"),
}
TEXTS = some.sampled_from([HOSTILE, "مرحبا", "#12345", "x\x00\ud7ff"]) | some.text(max_size=20)
FINDINGS = some.builds(
    SourceFieldFinding,
    value=TEXTS | some.lists(TEXTS | some.just("#1f6f5c"), max_size=3) | some.dictionaries(TEXTS, TEXTS, max_size=2),
    confidence=some.just(0.7),
    rule=TEXTS,
    url=some.none() | TEXTS,
    evidence=some.lists(TEXTS, max_size=2),
    parts=some.lists(some.builds(BrandPart, part=some.just("role"), value=TEXTS, quote=TEXTS), max_size=1),
    colors=some.lists(
        some.builds(BrandColor, color=TEXTS, role=some.just("primary"), rule=TEXTS, url=TEXTS), max_size=1
    ),
)
PICTURES = some.none() | some.builds(
    SheetPicture, type=TEXTS | some.just("image/svg+xml"), data=some.binary(max_size=9), caption=TEXTS
)
COLUMNS = some.lists(
    some.builds(
        SheetColumn,
        target=TEXTS,
        extraction=some.none()
        | some.builds(
            BrandExtraction,
            url=TEXTS,
            title=TEXTS,
            fields=some.dictionaries(some.sampled_from(SHEET_FIELDS), FINDINGS, max_size=4),
            warnings=some.lists(TEXTS, max_size=2),
        ),
        error=TEXTS,
        page_picture=PICTURES,
        logo=PICTURES,
    ),
    max_size=3,
)


class TagReader(HTMLParser):
    """Reader of a sheet's tags, as a browser sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@given(COLUMNS)
def test_any_brand_is_only_text_and_embedded_pictures(columns: list[SheetColumn]) -> None:
    reader = TagReader()
    reader.feed(build_brand_sheet(columns))
    for tag, attributes in reader.tags:
        assert tag in TAGS
        assert not {name for name in attributes if name.startswith("on") or name in {"href", "style"}}
        assert re.match(r"data:image/[a-z+]+;base64,", attributes.get("src") or "data:image/png;base64,")
    policy = next(attributes["content"] for tag, attributes in reader.tags if "http-equiv" in attributes)
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")


def test_each_field_has_its_place_its_basis_and_its_quotes() -> None:
    icp = SourceFieldFinding(
        value="Reeder, die Segel suchen.",
        confidence=0.4,
        rule="text.icp",
        url="https://acme.test/",
        parts=[BrandPart(part="need", value="Segel", quote="Segel nach Maß", basis="inferred")],
    )
    fields: dict[BrandFieldName, SourceFieldFinding] = {
        "icp": icp,
        "logoUrl": SourceFieldFinding(value="https://acme.test/logo.svg", confidence=0.9, rule="jsonld.logo"),
        "colors": SourceFieldFinding(value=["#1f6f5c"], confidence=0.6, rule="logo"),
        "tagline": SourceFieldFinding(value="أشرعة", confidence=0.85, rule="html.h1", evidence=["أشرعة جديدة"]),
        "primaryLanguage": SourceFieldFinding(value="ar", confidence=0.9, rule="text"),
    }
    extraction = BrandExtraction(url="https://acme.test/", title=None, fields=fields)
    logo = SheetPicture("image/svg+xml", b"<svg/>", "jsonld.logo")
    text = build_brand_sheet(
        [SheetColumn("acme", extraction, logo=logo), SheetColumn("gone", None, error="SOURCE_NOT_FOUND")]
    )
    assert "need, inferred: <bdi>Segel</bdi> — <bdi>“Segel nach Maß”</bdi>" in text
    assert "text.icp · 0.40 · https://acme.test/" in text
    assert '<div lang="ar"><p dir="auto">أشرعة</p></div>' in text
    assert 'fill="#1f6f5c"' in text
    assert '<img class="logo" alt="" src="data:image/svg+xml;base64,PHN2Zy8+">' in text
    assert text.count('<p class="none">none</p>') == len(SHEET_FIELDS) - len(fields)
    assert NO_PICTURE_NOTE in text
    assert "SOURCE_NOT_FOUND" in text


async def test_a_sheet_embeds_the_best_picture_of_each_target(
    tenantry: Tenantry, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share, shot = png_claiming(600, 315), png_claiming(540, 960)
    head = '<title>Zap — Draw it</title><meta property="og:image" content="/share.png">'
    app = '<script type="application/ld+json">{"@type": "MobileApplication", "screenshot": "/shot.png"}</script>'
    answers = {
        "/": raw_response(body=f"{head}<p>{HOSTILE}"),
        "/app": raw_response(body=f"{head}{app}<p>{HOSTILE}"),
        "/share.png": image_response(share),
        "/shot.png": image_response(shot),
    }
    (elsewhere / "page.html").write_text("<title>Acme</title>")
    async with serve(answers) as site:
        monkeypatch.setenv("TENANTRY_FETCH_ALLOW", site.host)
        monkeypatch.setenv("INGEST_CHROMIUM_PATH", NO_CHROMIUM)
        targets = (site.url(), site.url("/app"), "page.html", "no.html")
        result = await tenantry("brand", "sheet", *targets, "--output", "s.html", "--json")
    assert result.exit_code == 1, result.output
    assert msgspec.json.decode(result.stdout) == {"file": "s.html", "targets": 4, "unread": ["no.html"]}
    text = (elsewhere / "s.html").read_text()
    pictures = [b64decode(data) for data in re.findall(r'src="data:image/png;base64,([^"]+)"', text)]
    assert pictures == [share, shot]
    assert text.count(NO_PICTURE_NOTE) == 1


async def test_a_file_that_cannot_be_written_is_reported(tenantry: Tenantry, elsewhere: Path) -> None:
    (elsewhere / "page.html").write_text("<title>Acme</title>")
    result = await tenantry("brand", "sheet", "page.html", "--output", "missing/sheet.html")
    assert result.exit_code == 1
    assert "missing/sheet.html" in result.stderr
