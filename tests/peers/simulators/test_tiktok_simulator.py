"""The simulated TikTok: its login, its tokens, and faults of requests."""

import base64
import hashlib

import httpx
import pytest

from tests.peers.simulators.client import Sim
from tests.peers.simulators.faults import SimFault
from tests.peers.simulators.routing import Request, SimReply
from tests.peers.simulators.serving import served
from tests.peers.simulators.tiktok import TikTok
from tests.peers.simulators.tiktok_user import (
    CALLBACK,
    DAY_S,
    SCOPES,
    VERIFIER,
    YEAR_S,
    TikTokVisitor,
    authorize,
    code_of,
    error_of,
    redeem,
    refresh,
)
from tests.waiting import PATIENCE_S


async def test_invalid_authorize_request_does_not_redirect(tiktok_http: httpx.AsyncClient) -> None:
    for wrong in (
        {"client_key": "another"}, {"redirect_uri": f"{CALLBACK}/"}, {"response_type": "token"},
        {"scope": SCOPES.replace(",", " ")}, {"scope": ""}, {"state": ""},
        {"code_challenge_method": "plain"},
    ):  # fmt: skip
        assert (await tiktok_http.get(authorize(**wrong))).status_code == 400, wrong


async def test_code_stays_valid_after_an_invalid_redemption(tiktok: Sim, tiktok_http: httpx.AsyncClient) -> None:
    code = await code_of(tiktok)
    for wrong, error in (
        ({"redirect_uri": "https://app.test/"}, "invalid_grant"),
        ({"code_verifier": "w" * 64}, "invalid_request"),
        ({"client_secret": "guessed"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"code": "guessed"}, "invalid_grant"),
    ):
        assert error_of(await redeem(tiktok_http, code, **wrong)) == (400, error), wrong
    assert (await redeem(tiktok_http, code)).status_code == 200


async def test_challenge_in_base64_is_refused(tiktok: Sim, tiktok_http: httpx.AsyncClient) -> None:
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    code = await code_of(tiktok, code_challenge=base64.urlsafe_b64encode(digest).decode().rstrip("="))
    assert error_of(await redeem(tiktok_http, code)) == (400, "invalid_request")


async def test_code_expires_after_ten_minutes(tiktok: Sim, tiktok_http: httpx.AsyncClient) -> None:
    code = await code_of(tiktok)
    await tiktok.advance(600)
    assert error_of(await redeem(tiktok_http, code)) == (400, "invalid_grant")


async def test_code_reuse_revokes_its_tokens(tiktok: Sim, tiktok_http: httpx.AsyncClient) -> None:
    code = await code_of(tiktok)
    body = (await redeem(tiktok_http, code)).json()
    assert error_of(await redeem(tiktok_http, code)) == (400, "invalid_grant")
    user = TikTokVisitor(tiktok_http, tiktok, body["access_token"], body["refresh_token"])
    assert error_of(await user.post("creator_info/query")) == (401, "access_token_invalid")
    assert error_of(await refresh(tiktok_http, user.refresh)) == (400, "invalid_grant")


async def test_tokens_expire(creator: TikTokVisitor) -> None:
    await creator.sim.advance(DAY_S - 1)
    assert (await creator.post("creator_info/query")).status_code == 200
    await creator.sim.advance(1)
    assert error_of(await creator.post("creator_info/query")) == (401, "access_token_invalid")
    body = (await refresh(creator.http, creator.refresh)).json()
    assert (body["expires_in"], body["refresh_expires_in"]) == (DAY_S, YEAR_S - DAY_S)
    await creator.sim.advance(YEAR_S - DAY_S)
    assert error_of(await refresh(creator.http, body["refresh_token"])) == (400, "invalid_grant")


async def test_refresh_can_be_repeated_until_the_new_token_is_used(creator: TikTokVisitor) -> None:
    await creator.sim.fault("/v2/oauth/token/", SimFault.ACCEPT_THEN_DROP)
    with pytest.raises(httpx.TransportError):
        await refresh(creator.http, creator.refresh)
    assert (await creator.post("creator_info/query")).status_code == 200
    first, again = [(await refresh(creator.http, creator.refresh)).json() for _ in "12"]
    assert first == again
    renewed = creator._replace(access=first["access_token"])
    assert (await renewed.post("creator_info/query")).status_code == 200
    assert error_of(await creator.post("creator_info/query")) == (401, "access_token_invalid")
    assert error_of(await refresh(creator.http, creator.refresh)) == (400, "invalid_grant")
    assert error_of(await renewed.post("creator_info/query")) == (401, "access_token_invalid")


async def test_older_refresh_token_revokes_the_family(creator: TikTokVisitor) -> None:
    second = (await refresh(creator.http, creator.refresh)).json()
    third = (await refresh(creator.http, second["refresh_token"])).json()
    assert error_of(await refresh(creator.http, creator.refresh)) == (400, "invalid_grant")
    assert error_of(await refresh(creator.http, third["refresh_token"])) == (400, "invalid_grant")


async def test_fault_passes_the_first_calls_and_ignores_refusals(creator: TikTokVisitor) -> None:
    await creator.sim.fault("/v2/post/publish/video/init/", SimFault.ACCEPT_THEN_500, skip=1, method="POST")
    assert error_of(await creator.init()) == (403, "privacy_level_option_mismatch")
    await creator.begun()
    assert error_of(await creator.init()) == (500, "internal_error")
    assert (await creator.sim.call("GET", "/faults"))["rules"] == []
    assert await creator.sim.counts("ada", "Hello") == {"open": 2}


class Broken(TikTok):
    async def revoke(self, request: Request) -> SimReply:
        raise ZeroDivisionError


async def test_simulator_error_is_not_a_fault() -> None:
    simulated = served(Broken())
    base = simulated.__enter__()
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=PATIENCE_S) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.post(f"{base}/v2/oauth/revoke/")
    with pytest.raises(ExceptionGroup, match="the simulated tiktok has made mistakes"):
        simulated.__exit__(None, None, None)
