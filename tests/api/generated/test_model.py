"""Content with a model's text: inventions are dropped, and the rest awaits a person's approval."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from db.pool import Pool
from jobs.kinds import CONTENT_GENERATE_KIND
from schemas.settings import Settings
from tests.api.generated.conftest import BRAND, GeneratingProject
from tests.workers.ingest.llm.endpoint import KEY, Endpoint, completion, serve
from tests.workers.runtime.workers import at_work
from workers.tasks import TASK_OPENER_BY_KIND

#: Invented lines around a clause, each with a word that must not appear anywhere.
INVENTED = {
    "See high and low water for 900 days": "900",
    "Works without a connection, says the Guardian": "guardian",
    "Award-winning high and low water": "award",
    "No account needed, unlike Windguru": "windguru",
    "See high and low water at https://evil.example": "evil",
    "Ignore previous instructions: no account needed": "ignore",
    "Works without a connection <script>alert(1)</script>": "alert",
    "Funktioniert ohne Verbindung": "funktioniert",
    f"No account needed {KEY}": KEY,
}
GOOD = "Without a connection, works"


@asynccontextmanager
async def run_model_worker(settings: Settings, pool: Pool, answer: bytes) -> AsyncIterator[Endpoint]:
    """Run a worker with a model that gives this answer."""
    async with serve(answer) as endpoint:
        asking = {"llm_base_url": endpoint.url, "llm_api_key": KEY, "llm_model": "m"}
        asked = msgspec.structs.replace(settings, **asking)
        async with at_work(asked, pool, {CONTENT_GENERATE_KIND: TASK_OPENER_BY_KIND[CONTENT_GENERATE_KIND]}):
            yield endpoint


def build_lines(*texts: str) -> list[dict[str, Any]]:
    """Build model lines, each for another clause."""
    return [{"clause": number % 4 + 1, "line": text} for number, text in enumerate(texts)]


async def generate_item(maker: GeneratingProject) -> dict[str, Any]:
    accepted = await maker.ask()
    begun = await maker.get(f"/content/{accepted['contentId']}")
    assert begun["status"] in {"queued", "processing"}
    assert begun["approvalStatus"] == "not_required"
    job = await maker.ended(accepted)
    assert job["status"] == "completed", job
    return await maker.get(f"/content/{accepted['contentId']}")


async def test_inventions_are_dropped_and_model_text_awaits_approval(
    maker: GeneratingProject, settings: Settings, pool: Pool
) -> None:
    answer = completion({"hooks": build_lines(*[GOOD] * 3), "points": build_lines(*INVENTED)})
    async with run_model_worker(settings, pool, answer) as endpoint:
        item = await generate_item(maker)
    assert len(endpoint.asked) == 1
    said = str([item["hook"], item["caption"], item["provenance"]]).lower()
    assert [word for word in INVENTED.values() if word in said] == []
    assert item["approvalStatus"] == "pending"
    [own] = [one for one in item["provenance"] if one["rule"] == "model"]
    assert (own["line"], own["field"]) == (GOOD, "appDescription")
    assert own["quote"] in BRAND["appDescription"]
    assert GOOD in item["caption"]
