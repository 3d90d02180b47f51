"""Generated content with approved claims, made by a worker: each says a valid claim word for word, or none."""

from db.pool import Pool
from jobs.kinds import CONTENT_GENERATE_KIND
from schemas.settings import Settings
from tests.api.all_objects import CLAIM
from tests.api.conftest import read_answer
from tests.api.generated.conftest import GeneratingProject
from tests.workers.runtime.workers import at_work
from workers.tasks import TASK_OPENER_BY_KIND

RATING = "Rated 4.8 of 5 by 20,000 sailors"


async def test_content_says_a_valid_claim_and_fails_with_one_that_was_deleted_meanwhile(
    maker: GeneratingProject, settings: Settings, pool: Pool
) -> None:
    claim = read_answer(await maker.http.post(f"{maker.path}/claims", json=CLAIM | {"text": RATING}), 201)["claimId"]
    accepted = await maker.ask()
    task = {CONTENT_GENERATE_KIND: TASK_OPENER_BY_KIND[CONTENT_GENERATE_KIND]}
    async with at_work(settings, pool, task):
        assert (await maker.ended(accepted))["status"] == "completed"
    said = await maker.get(f"/content/{accepted['contentId']}")
    assert RATING in said["caption"]
    entry = {"line": RATING, "field": "caller", "quote": RATING, "rule": "claim", "claimId": claim}
    assert entry in said["provenance"]
    early = await maker.ask()
    await maker.http.delete(f"{maker.path}/claims/{claim}")
    late = await maker.ask()
    async with at_work(settings, pool, task):
        failed, completed = await maker.ended(early), await maker.ended(late)
    assert (failed["status"], failed["error"]["code"]) == ("failed", "CLAIM_EXPIRED")
    assert completed["status"] == "completed"
    plain = await maker.get(f"/content/{late['contentId']}")
    assert RATING not in str(plain)
    assert {one["claimId"] for one in plain["provenance"]} == {None}
