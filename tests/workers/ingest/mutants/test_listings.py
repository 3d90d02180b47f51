"""Mutated store responses: each is refused, or read within a second of CPU and within field lengths."""

import json
from contextlib import suppress
from copy import deepcopy
from functools import cache
from random import Random
from typing import Any

import httpx
import pytest

from domain.brand.store_listings import AppStoreListingRef
from schemas.errors import SourceError
from tests.corpora import corpus
from tests.workers.ingest.appstore.test_play import NODE, RESULT
from tests.workers.ingest.mutants import data, words
from tests.workers.ingest.mutants.checked import Document, check_mutants
from tests.workers.ingest.mutants.pages import MUTATIONS
from tests.workers.ingest.mutants.words import encoded
from workers.ingest.appstore.lookup import choose_requested_app, read_app_lookup_results
from workers.ingest.appstore.shapes import FetchedAppStoreWebPage, FetchedGooglePlayWebPage, FetchedStoreApp
from workers.ingest.parser.parser import DocumentParser
from workers.web.fetch import FetchedResponse

URL = "https://apps.example/us/app/id7"
SOFTWARE = RESULT | {"sellerName": "Acme Ltd", "artworkUrl512": "https://pictures.example/7.png"}
PLAY = (
    '<html lang=en-US><title>Tidewise</title><script type="application/ld+json">%s</script><h1>Tidewise</h1>'
    '<div data-g-id="description">Tidewise plans your day.<br><br>For sailors.<br>• Charts<br>• Alarms</div>'
)
#: Scripts with the page's data, one for each of the three formats of a store's page.
DATA = ("shoebox-media-api-cache-apps", "serialized-server-data", "shoebox-ember-data-store")
ATTRIBUTES = {"id": "7", "adamId": "7", "attributes": {"subtitle": "Tides", "platformAttributes": {"ios": {}}}}


def with_hostile_texts(node: dict[str, Any], chance: Random) -> dict[str, Any]:
    """Give the app a description of its own and of hostile parts, and now and then another name."""
    lines = str(node.get("description", "")).split("\n")
    for _ in range(chance.choice((1, 3, 20))):
        lines.insert(chance.randrange(len(lines) + 1), words.text(chance)[:50_000])
    name = "name" if "name" in node else "trackName"
    named = {name: words.text(chance)[:1_000]} if chance.random() < 0.5 else {}
    return node | named | {"description": chance.choice(("\n", "<br>", "\r\n", "\u2028", " ")).join(lines)}


def mutant(software: dict[str, Any], chance: Random) -> Document | None:
    return chance.choice((look_up_document, look_up_document, play_document, page_document))(software, chance)


def look_up_document(software: dict[str, Any], chance: Random) -> Document | None:
    """Return an app as the lookup's response has it; None if the response is refused."""
    node = with_hostile_texts(software, chance) if chance.random() < 0.6 else data.mutated(deepcopy(software), chance)
    answer = {"resultCount": 1, "results": [node]}
    text = data.to_text(answer, chance) if chance.random() < 0.3 else json.dumps(answer)
    fetched = FetchedResponse(url=URL, status=200, headers=httpx.Headers(), body=encoded(text)[: 1 << 20])
    listing = AppStoreListingRef(by="id", value=str(software["trackId"]))
    with suppress(SourceError):
        if app := choose_requested_app(read_app_lookup_results(fetched, listing), listing):
            return FetchedStoreApp(url=URL, country=chance.choice(("us", "jp", "aq", "")), software=app)
    return None


def play_document(software: dict[str, Any], chance: Random) -> Document:
    texts = {"name": software["trackName"], "description": software["description"][:80]}
    node = deepcopy(NODE) | texts
    changed = with_hostile_texts(node, chance) if chance.random() < 0.5 else data.mutated(node, chance)
    body = encoded(PLAY % data.to_text(changed, chance))
    if chance.random() < 0.5:
        body = chance.choice(MUTATIONS)(body, chance)
    return FetchedGooglePlayWebPage(
        url="https://play.example/store/apps/details?id=a", country="us", body=body[: 2 << 20]
    )


def page_document(_: dict[str, Any], chance: Random) -> Document:
    text = data.to_text({"7": {"data": [data.mutated(deepcopy(ATTRIBUTES), chance)]}}, chance)
    body = encoded(f'<script id="{chance.choice(DATA)}">{text}</script><h2 class="subtitle">{words.text(chance)}</h2>')
    if chance.random() < 0.5:
        body = chance.choice(MUTATIONS)(body, chance)
    return FetchedAppStoreWebPage(url=URL, track_id=7, body=body[: 2 << 20])


@pytest.mark.timing
async def test_any_mutant_of_a_made_listing_is_read_within_a_second(parser: DocumentParser) -> None:
    await check_mutants(parser, "made listing", 40, lambda chance: mutant(SOFTWARE, chance))


@pytest.mark.parametrize("block", range(2))
@pytest.mark.long
async def test_any_mutant_of_a_real_listing_is_read_within_a_second(parser: DocumentParser, block: int) -> None:
    apps = real_results()
    await check_mutants(parser, f"real listing/{block}", 120, lambda chance: mutant(chance.choice(apps), chance))


@cache
def real_results() -> list[dict[str, Any]]:
    answers = [json.loads(path.read_bytes()) for path in sorted(corpus("appstore").glob("*.json"))]
    results = [result for answer in answers if isinstance(answer, dict) for result in answer.get("results", [])]
    return [result for result in results if result.get("trackName")]
