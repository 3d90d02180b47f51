"""Generated content over HTTP, from the request to the files, with a worker and its process."""

import httpx
import pytest

from tests.api.generated.conftest import BRAND, GeneratingProject


@pytest.mark.usefixtures("working")
async def test_item_is_generated_from_the_brand(maker: GeneratingProject) -> None:
    accepted = await maker.ask()
    job = await maker.ended(accepted)
    assert (job["status"], job["error"]) == ("completed", None)
    item = await maker.get(f"/content/{accepted['contentId']}")
    assert (item["status"], item["creativeType"], item["revision"]) == ("completed", "generated", 1)
    assert job["result"] == {"contentId": item["id"], "assets": item["assets"], "warnings": []}
    [asset] = item["assets"]
    file, small = await fetch_media(maker, asset["url"]), await fetch_media(maker, asset["thumbnailUrl"])
    assert len(file.content) == asset["sizeBytes"] > len(small.content) > 0
    assert item["hook"] in [one["line"] for one in item["provenance"]]
    for one in item["provenance"]:
        assert one["quote"] in str(BRAND[one["field"]])


async def fetch_media(maker: GeneratingProject, url: str) -> httpx.Response:
    answer = await maker.http.get(httpx.URL(url).path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    return answer
