"""The install spec of every platform."""

import json
import re
from typing import Any, get_args

import pytest_asyncio

from schemas.apps import AppPlatform
from tests.api.conftest import ApiCaller
from tests.api.events.sender import sender
from tests.api.refusals import assert_refused

PLATFORMS: tuple[str, ...] = get_args(AppPlatform)


@pytest_asyncio.fixture
async def shop(acme: ApiCaller) -> dict[str, Any]:
    made = await sender(acme, acme.http)
    return made.app | {"spec": f"{made.where}/install-spec"}


async def test_every_platform_gets_the_endpoint_without_the_key(acme: ApiCaller, shop: dict[str, Any]) -> None:
    answer = await acme.http.get(shop["spec"], params={"platforms": ",".join(PLATFORMS)})
    assert shop["apiKey"][-43:] not in answer.text
    spec = answer.json()
    assert spec["ingestEndpoint"] == shop["ingestEndpoint"]
    assert tuple(one["platform"] for one in spec["platforms"]) == PLATFORMS
    for one in spec["platforms"]:
        told = json.dumps([one["initSnippet"], one["files"]])
        [key] = one["envVars"]
        assert key["value"] is None
        assert key["name"] in told
        assert not re.search(r"\{\{\w+\}\}", told)
        ours = f"/v1/apps/{shop['appId']}/events" in told and "/sdk/v1/tenantry.js" in told
        assert ours is not bool(one["dependency"])
        assert ours or re.search(r"[/\"']127\.0\.0\.1[:\d]*/v1|api[.\w:]*/v1", told), told


async def test_default_platform_is_the_apps_own(acme: ApiCaller, shop: dict[str, Any]) -> None:
    [own] = (await acme.http.get(shop["spec"])).json()["platforms"]
    assert own["platform"] == "web"


async def test_unknown_platform_is_refused(acme: ApiCaller, shop: dict[str, Any]) -> None:
    for platforms in ("palm-os", "ios,palm-os", ""):
        answer = await acme.http.get(shop["spec"], params={"platforms": platforms})
        assert_refused(answer, 422, "VALIDATION")
