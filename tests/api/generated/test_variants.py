"""Variants by the API: one answer names all items, a repeat makes no others, and bad numbers change nothing."""

from typing import Any

import pytest

from tests.api.conftest import ApiCaller, read_answer
from tests.api.generated.conftest import GeneratingProject
from tests.api.refusals import assert_refused


async def items(maker: GeneratingProject) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = read_answer(await maker.http.get(f"{maker.path}/content"))["items"]
    return listed


async def test_a_repeated_request_returns_the_same_variants(maker: GeneratingProject) -> None:
    body = {"format": "slideshow", "variants": 3}
    sent = [
        await maker.http.post(f"{maker.path}/content", json=body, headers={"Idempotency-Key": "three"})
        for _ in range(2)
    ]
    first, again = [read_answer(answer, 202) for answer in sent]
    assert first == again
    listed = {item["id"]: item for item in await items(maker)}
    assert {*listed} == {variant["contentId"] for variant in first["variants"]}
    assert len(listed) == 3
    assert (first["contentId"], first["jobId"]) == tuple(first["variants"][0][name] for name in ("contentId", "jobId"))
    for variant in first["variants"]:
        item = listed[variant["contentId"]]
        names = ("look", "hookShape", "hookIntent", "picture", "jobId")
        assert [item[name] for name in names] == [variant[name] for name in names]
        assert variant["choice"]["by"] == "suitability"
    assert {warning.partition(":")[0] for warning in first["warnings"]} <= {"few_looks", "few_hooks", "few_pictures"}


async def test_a_single_item_is_its_own_variant(maker: GeneratingProject) -> None:
    accepted = await maker.ask(learn=False)
    assert [variant["contentId"] for variant in accepted["variants"]] == [accepted["contentId"]]
    assert "learn" in accepted["variants"][0]["choice"]["because"]
    assert accepted["warnings"] == []


@pytest.mark.parametrize("count", [0, 6, 2.5, "3"])
async def test_a_bad_number_of_variants_creates_nothing(maker: GeneratingProject, count: Any) -> None:
    assert_refused(
        await maker.http.post(f"{maker.path}/content", json={"format": "image", "variants": count}), 422, "VALIDATION"
    )
    assert await items(maker) == []


async def test_performance_is_empty_without_posts_and_hidden_from_others(
    maker: GeneratingProject, rival: ApiCaller
) -> None:
    shown = await maker.get(f"{maker.path.removeprefix('/v1')}/content/performance", by="picture", days=365)
    assert (shown["by"], shown["items"], shown["timezone"]) == ("picture", [], "Europe/Berlin")
    assert_refused(await rival.http.get(f"{maker.path}/content/performance"), 404, "NOT_FOUND")
    for bad in ({"days": 366}, {"days": 0}, {"by": "color"}):
        assert_refused(await maker.http.get(f"{maker.path}/content/performance", params=bad), 422, "VALIDATION")
