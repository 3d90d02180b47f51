"""The simulated Instagram: its login, its tokens and its errors."""

import json
from typing import Any

import httpx

from tests.peers.simulators.client import Sim
from tests.peers.simulators.instagram_user import (
    CALLBACK,
    SCOPES,
    VERSION,
    InstagramVisitor,
    authorize,
    code_of,
    exchanged,
    me,
    read,
    swap,
)


async def test_invalid_authorize_request_does_not_redirect(http: httpx.AsyncClient) -> None:
    for wrong in (
        {"client_id": "1"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"response_type": "token"},
        {"scope": "instagram_business_content_publish"},
        {"scope": f"{SCOPES},user_profile"},
    ):
        assert (await http.get(authorize("", **wrong))).status_code == 400, wrong


async def test_code_reuse_revokes_its_tokens(sim: Sim, http: httpx.AsyncClient) -> None:
    code = await code_of(sim)
    short = (await swap(http, code)).json()["data"][0]["access_token"]
    long = (await exchanged(http, short)).json()["access_token"]
    assert (await me(http, long))["data"][0]["username"] == "ada"
    again = await swap(http, code)
    assert (again.status_code, again.json()["error_type"]) == (400, "OAuthException")
    assert [await me(http, short), await me(http, long)] == [(190, None)] * 2


async def test_code_requires_matching_parameters(sim: Sim, http: httpx.AsyncClient) -> None:
    code = await code_of(sim)
    assert (await swap(http, f"{code}#_")).status_code == 400
    for wrong in ({"redirect_uri": "https://app.test/"}, {"client_secret": "x"}, {"grant_type": "code"}):
        assert (await swap(http, code, **wrong)).status_code == 400, wrong
    assert (await swap(http, code)).status_code == 200


async def test_code_and_short_token_expire_after_an_hour(sim: Sim, http: httpx.AsyncClient) -> None:
    late = await code_of(sim)
    short = (await swap(http, await code_of(sim))).json()["data"][0]["access_token"]
    await sim.advance(3600)
    assert (await swap(http, late)).status_code == 400
    assert await read(await exchanged(http, short)) == (190, 463)


async def test_objects_of_other_people_are_not_found(ada: InstagramVisitor) -> None:
    made = await ada.finished()
    medium = (await ada.publish(await ada.finished()))["id"]
    await ada.sim.account("bob")
    short = (await swap(ada.http, await code_of(ada.sim, "bob"))).json()["data"][0]["access_token"]
    ada.http.headers["Authorization"] = f"Bearer {short}"
    for path in (made, medium, f"{ada.ig}/media", "1"):
        assert await ada.get(path) == (100, 33)
    assert [await ada.image(), await ada.publish(made)] == [(100, 33)] * 2
    body = {"creation_id": made}
    assert await read(await ada.http.post(f"/{VERSION}/me/media_publish", data=body)) == (24, 2207008)


async def test_missing_token_is_refused_and_tokens_are_not_logged(ada: InstagramVisitor) -> None:
    token = ada.http.headers.pop("Authorization").removeprefix("Bearer ")
    assert [await ada.get("me"), await ada.get("me", access_token="x")] == [(104, None), (190, None)]
    assert "data" in await ada.get("me", access_token=token)
    log = await ada.sim.call("GET", "/requests")
    assert log["counts"][f"GET /{VERSION}/me"] == 3
    assert token not in json.dumps(log)


async def test_call_requires_a_supported_version(ada: InstagramVisitor) -> None:
    async def asked(path: str) -> Any:
        return await read(await ada.http.get(path, params={"fields": "user_id"}))

    assert await asked("/me") == (2500, None)
    assert await asked("/v20.0/me") == (2635, None)
    assert "data" in await asked(f"/{VERSION}/me")
