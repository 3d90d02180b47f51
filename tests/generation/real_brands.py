"""Sixty real brands, read from the corpora by the product's own ingests, for a contact sheet.


`python -m tests.generation.real_brands FOLDER` writes FOLDER/brands.jsonl, with substitutes for logos and
screenshots in the same folder.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from domain.brand.brand import brand_to_schema
from domain.brand.store_listings import AppStoreListingRef
from generation.copy.snapshot import take_brand_snapshot
from generation.copy.write import MissingBrandText, propose_brand_hooks
from generation.spec import BrandSnapshot
from schemas.brand import BrandExtraction, BrandSource, BrandSourceRow
from tests.corpora import corpus, website_pages
from tests.generation.stand_ins import DESKTOP, PHONE, color, logo, screenshot
from tests.workers.ingest.appstore.store_server import ingest, look_up_path
from tests.workers.ingest.appstore.store_server import json as answered
from tests.workers.ingest.github.github_server import from_corpus
from tests.workers.ingest.github.test_github_corpus import read as read_repository
from workers.ingest.assemble import assemble_brand_extraction
from workers.ingest.parser.parser import DocumentParser, open_document_parser, parse_page

#: Number of brands from each source.
REPOSITORIES, LISTINGS, TRANSLATIONS, SITES = 13, 15, 20, 15
LOCALES = """de-DE fr-FR es-ES ar he fa ja ko ko-KR zh-CN zh-TW th hi-IN ru-RU pt-BR iw-IL tr-TR pl-PL it-IT
ta-IN bn nl-NL cs-CZ"""
LISTING = AppStoreListingRef(by="id", value="1")


async def brands(parser: DocumentParser) -> AsyncIterator[BrandSnapshot]:
    """Yield the brands with enough text, as a project's snapshot has them."""
    sources = ((repositories, REPOSITORIES), (listings, LISTINGS), (translations, TRANSLATIONS), (sites, SITES))
    for read, most in sources:
        found = 0
        async for source, extraction in read(parser):
            brand = known(source, extraction)
            if found < most and speaks(brand):
                found += 1
                yield brand


def known(source: BrandSource, extraction: BrandExtraction) -> BrandSnapshot:
    row = BrandSourceRow(
        source=source,
        fields=extraction.fields,
        profile=extraction.profile,
        url=extraction.url,
        job_id=None,
        at=datetime.now(UTC),
    )
    return take_brand_snapshot(brand_to_schema([row], project_id=UUID(int=0)))


def speaks(brand: BrandSnapshot) -> bool:
    with suppress(MissingBrandText):
        return bool(propose_brand_hooks(brand))
    return False


Read = AsyncIterator[tuple[BrandSource, BrandExtraction]]


async def repositories(parser: DocumentParser) -> Read:
    for folder in sorted(one for one in corpus("github").iterdir() if one.is_dir()):
        yield "github", await read_repository(parser, from_corpus(folder, stores=True))


async def listings(parser: DocumentParser) -> Read:
    for answer in sorted(corpus("appstore").glob("[bs]*.json")):
        for app in json.loads(answer.read_text())["results"]:
            yield "appstore", await listed(parser, app)


async def translations(parser: DocumentParser) -> Read:
    """Yield store texts by a repository's own translators, in the form of a store's answer."""
    for locale, app in translated():
        yield "appstore", await listed(parser, app, locale)


def translated() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield one text in each language, if possible from different repositories."""
    said = {path.parent.name: json.loads(path.read_text()) for path in sorted(corpus("github").glob("*/expected.json"))}
    used: dict[str, int] = dict.fromkeys(said, 0)
    for locale in LOCALES.split():
        for name in sorted(said, key=lambda name: used[name]):
            texts = [one[locale] for one in said[name].values() if locale in one]
            whole = [one for one in texts if len(one.get("full_description") or one.get("description") or "") > 200]
            if whole:
                used[name] += 1
                yield locale, as_answer(whole[0], name.partition("+")[2])
                break


def as_answer(texts: dict[str, Any], name: str) -> dict[str, Any]:
    described = texts.get("full_description") or texts.get("description")
    return {"trackName": texts.get("title") or texts.get("name") or name, "description": described}


async def listed(parser: DocumentParser, app: dict[str, Any], locale: str = "en") -> BrandExtraction:
    answer = {
        "kind": "software",
        "wrapperType": "software",
        "bundleId": "test.app",
        "trackViewUrl": "https://apps.apple.com/us/app/id1",
        **{name: value for name, value in app.items() if "Url" not in name or name == "trackViewUrl"},
        "trackId": 1,
        "languageCodesISO2A": [locale[:2].upper()],
    }
    body = json.dumps({"resultCount": 1, "results": [answer]})
    extraction, _ = await ingest(parser, {look_up_path(LISTING): answered(body)}, LISTING)
    return extraction


async def sites(parser: DocumentParser) -> Read:
    for _, document in website_pages():
        page = await parse_page(parser, document)
        yield (
            "website",
            await assemble_brand_extraction(
                parser, url=page.url, title=page.title, candidates=page.candidates, passages=page.passages, model=None
            ),
        )


def entry(folder: Path, brand: BrandSnapshot, number: int) -> dict[str, Any]:
    """Return a line of the sheet's file: one brand of four has no pictures, one only a logo."""
    pictures: dict[str, Any] = {}
    if number % 4:
        pictures["logo"] = f"{number}-logo.png"
        logo(brand.name).save(folder / pictures["logo"])
    if number % 4 > 1:
        size = DESKTOP if number % 8 == 6 else PHONE
        pictures["screenshots"] = [f"{number}-{screen}.png" for screen in range(3)]
        for screen, name in enumerate(pictures["screenshots"]):
            screenshot(brand.name, screen, size).save(folder / name)
    own = msgspec.to_builtins(brand)
    own["colors"] = own["colors"] or ["#" + bytes(color(brand.name, "brand", 0.5)).hex()][: number % 3]
    return {**own, **pictures}


async def read_all() -> list[BrandSnapshot]:
    async with open_document_parser(at_once=2) as parser:
        return [brand async for brand in brands(parser)]


def write(folder: Path) -> Path:
    """Write the file of all brands, with their pictures in the same folder."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = [entry(folder, brand, number) for number, brand in enumerate(asyncio.run(read_all()))]
    path = folder / "brands.jsonl"
    path.write_text("".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in entries))
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{write(Path(sys.argv[1]))}\n")
