"""Sheet of brands: one HTML file with a column for each brand, for a person who judges them by eye.

Pages may be hostile: each text is escaped, pictures are embedded, and a content security policy forbids all else.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from html import escape
from typing import NamedTuple, get_args

from schemas.brand import BrandExtraction, BrandFieldName, BrandFieldValue, SourceFieldFinding

#: Fields in the order of a person's reading. Any other field follows.
SHEET_FIELD_LABELS: dict[BrandFieldName, str] = {
    "appName": "App name",
    "appDescription": "Description",
    "tagline": "Tagline",
    "brandVoice": "Voice",
    "icp": "Ideal customer",
    "keywords": "Keywords",
    "primaryLanguage": "Language",
    "audience": "Audience",
    "colors": "Colors",
    "logoUrl": "Logo",
    "links": "Links",
}
SHEET_FIELDS = tuple(dict.fromkeys([*SHEET_FIELD_LABELS, *get_args(BrandFieldName)]))
#: Rows of a column: target, picture, fields, warnings. The same row of each column is at the same height.
SHEET_ROWS = len(SHEET_FIELDS) + 3
#: Types of pictures that a browser draws in `<img>`, where no script of an SVG runs.
SHEET_PICTURE_TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/avif", "image/svg+xml"})
HEX_COLOR_PATTERN = re.compile(r"#[0-9a-fA-F]{6}")
LANGUAGE_TAG_PATTERN = re.compile(r"[A-Za-z0-9-]{1,35}")
NO_PICTURE_NOTE = (
    "No picture: the source names none. A screenshot of the page needs Chromium on this machine (on Debian: "
    "apt-get install chromium)."
)
SHEET_STYLE = (
    f"""
section {{ display: grid; grid-row: span {SHEET_ROWS}; grid-template-rows: subgrid; row-gap: 0 }}
"""
    """
body { margin: 1rem; font: 14px/1.45 system-ui, sans-serif; color: #1b1b1b; background: #fff }
main { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 1.5rem }
section { border-top: 4px solid #1b1b1b }
h1 { font-size: 1.1rem; margin: .4rem 0; overflow-wrap: anywhere }
h2 { font-size: .75rem; margin: 0; text-transform: uppercase; letter-spacing: .05em; color: #555 }
article { border-top: 1px solid #ccc; padding: .5rem 0; break-inside: avoid }
p { margin: .15rem 0; white-space: pre-line; overflow-wrap: anywhere; text-align: start }
ul { margin: .15rem 0; padding-inline-start: 1.1rem; text-align: start; overflow-wrap: anywhere }
img { display: block; max-width: 100%; background: #eee }
.page { width: 100%; height: 15rem; object-fit: contain; object-position: top }
.logo { max-height: 4rem }
.place, .note, figcaption { font-size: .75rem; color: #555 }
.none { color: #b00020 }
.quotes { font-size: .85rem; color: #333; font-style: italic }
.swatch { width: 1.1rem; height: 1.1rem; vertical-align: middle }
figure { margin: .5rem 0 }
@page { size: A4 landscape; margin: 10mm }
@media print { body { margin: 0; font-size: 10px } }
"""
)
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; img-src data:; style-src 'sha256-{b64encode(sha256(SHEET_STYLE.encode()).digest()).decode()}'"
)


class SheetPicture(NamedTuple):
    """Picture to embed: its measured media type, its whole file, and a line about its place."""

    type: str
    data: bytes
    caption: str


class SheetColumn(NamedTuple):
    """One target, with its brand and pictures, or with the error of its reading."""

    target: str
    extraction: BrandExtraction | None
    error: str = ""
    page_picture: SheetPicture | None = None
    logo: SheetPicture | None = None


def build_brand_sheet(columns: Sequence[SheetColumn]) -> str:
    """Return the HTML of a sheet. Texts of brands are data in it, in their own direction of writing."""
    sections = "\n".join(
        line for column in columns for line in ("<section>", *iterate_column_lines(column), "</section>")
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{CONTENT_SECURITY_POLICY}">
<title>Brands</title>
<style>{SHEET_STYLE}</style>
</head>
<body>
<main>
{sections}
</main>
</body>
</html>
"""


def iterate_column_lines(column: SheetColumn) -> Iterator[str]:
    yield f'<h1 dir="auto">{escape(column.target)}</h1>'
    if column.extraction is None:
        yield f'<p class="none" dir="auto">{escape(column.error)}</p>'
        return
    yield build_picture(column.page_picture, "page") or f'<p class="note">{escape(NO_PICTURE_NOTE)}</p>'
    for name in SHEET_FIELDS:
        picture = build_picture(column.logo, "logo") if name == "logoUrl" else ""
        finding = column.extraction.fields.get(name)
        yield build_field_article(SHEET_FIELD_LABELS.get(name, name), finding, picture, get_language(column))
    yield build_list(escape(f"! {warning}") for warning in column.extraction.warnings) or "<div></div>"


def get_language(column: SheetColumn) -> str:
    """Return the brand's language as an attribute, so that the browser takes its fonts; "" without one."""
    finding = column.extraction.fields.get("primaryLanguage") if column.extraction else None
    tag = str(finding.value) if finding else ""
    return f' lang="{tag}"' if LANGUAGE_TAG_PATTERN.fullmatch(tag) else ""


def build_field_article(label: str, finding: SourceFieldFinding | None, picture: str, language: str) -> str:
    """Return one field: its value, its place with confidence, its parts with their basis, and its quotes."""
    if finding is None:
        return f'<article><h2>{escape(label)}</h2><p class="none">none</p></article>'
    place = f"{finding.rule} · {finding.confidence:.2f} · {finding.url or ''}"
    parts = [
        f"{part.part}, {part.basis}: <bdi>{escape(part.value)}</bdi> — <bdi>“{escape(part.quote)}”</bdi>"
        for part in finding.parts
    ]
    colors = [escape(f"{color.role} {color.color}: {color.rule}") for color in finding.colors]
    quotes = [] if parts else [escape(f"“{quote}”") for quote in finding.evidence]
    return "\n".join(
        filter(
            None,
            [
                f"<article><h2>{escape(label)}</h2>",
                picture,
                f"<div{language}>{build_value(finding.value)}</div>",
                f'<p class="place">{escape(place)}</p>',
                build_list([*parts, *colors, *quotes], language),
                "</article>",
            ],
        )
    )


def build_value(value: BrandFieldValue) -> str:
    """Return a value as HTML: a text with its lines, a list, or texts by name; colors have swatches."""
    if isinstance(value, str):
        return f'<p dir="auto">{escape(value)}</p>'
    if isinstance(value, dict):
        return build_list(escape(f"{name}: {text}") for name, text in value.items())
    if value and all(map(HEX_COLOR_PATTERN.fullmatch, value)):
        return f"<p>{' '.join(map(build_swatch, value))}</p>"
    return f'<p dir="auto">{escape(" · ".join(value))}</p>'


def build_swatch(color: str) -> str:
    return f'<svg class="swatch" viewBox="0 0 1 1"><rect width="1" height="1" fill="{color}"/></svg> {color}'


def build_list(items_html: Iterable[str], language: str = "") -> str:
    items = "".join(f'<li dir="auto">{item}</li>' for item in items_html)
    return f'<ul class="quotes"{language}>{items}</ul>' if items else ""


def build_picture(picture: SheetPicture | None, kind: str) -> str:
    if picture is None or picture.type not in SHEET_PICTURE_TYPES:
        return ""
    source = f"data:{picture.type};base64,{b64encode(picture.data).decode()}"
    caption = f'<figcaption dir="auto">{escape(picture.caption)}</figcaption>'
    return f'<figure><img class="{kind}" alt="" src="{source}">{caption}</figure>'
