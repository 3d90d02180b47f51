"""The simulated TikTok: its login, its tokens, and faults of requests."""

import asyncio
import base64
import hashlib
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pytest

from tests.peers.simulators.client import Sim
from tests.peers.simulators.faults import SimFault
from tests.peers.simulators.routing import Request, SimReply
from tests.peers.simulators.serving import served
from tests.peers.simulators.tiktok import TikTok
from tests.peers.simulators.tiktok_user import (
    CALLBACK,
    CLIENT,
    DAY_S,
    FILM,
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


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_key": "another"}, {"redirect_uri": f"{CALLBACK}/"}, {"response_type": "token"},
        {"scope": SCOPES.replace(",", " ")}, {"scope": ""}, {"state": ""},
        {"code_challenge_method": "plain"},
    ],
)  # fmt: skip
async def test_invalid_authorize_request_does_not_redirect(
    tiktok: Sim, tiktok_http: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    await tiktok.consents("ada")
    assert (await tiktok_http.get(authorize(**wrong))).status_code == 400


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"redirect_uri": "https://app.test/"}, "invalid_grant"),
        ({"code_verifier": "w" * 64}, "invalid_request"),
        ({"client_secret": "guessed"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"code": "guessed"}, "invalid_grant"),
    ],
)
async def test_code_stays_valid_after_an_invalid_redemption(
    tiktok: Sim, tiktok_http: httpx.AsyncClient, wrong: dict[str, str], error: str
) -> None:
    code = await code_of(tiktok)
    assert error_of(await redeem(tiktok_http, code, **wrong)) == (400, error)
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


async def test_a_strict_refresh_works_once(creator: TikTokVisitor) -> None:
    await creator.sim.call("POST", "/app", strict_rotation=True)
    body = (await refresh(creator.http, creator.refresh)).json()
    assert error_of(await refresh(creator.http, creator.refresh)) == (400, "invalid_grant")
    assert error_of(await refresh(creator.http, body["refresh_token"])) == (400, "invalid_grant")


async def test_older_refresh_token_revokes_the_family(creator: TikTokVisitor) -> None:
    second = (await refresh(creator.http, creator.refresh)).json()
    third = (await refresh(creator.http, second["refresh_token"])).json()
    assert error_of(await refresh(creator.http, creator.refresh)) == (400, "invalid_grant")
    assert error_of(await refresh(creator.http, third["refresh_token"])) == (400, "invalid_grant")


async def test_revocation_ends_the_token_family(creator: TikTokVisitor) -> None:
    form = CLIENT | {"token": creator.access}
    answer = await creator.http.post("/v2/oauth/revoke/", data=form)
    assert (answer.status_code, answer.content) == (200, b"")
    assert error_of(await creator.post("creator_info/query")) == (401, "access_token_invalid")
    assert error_of(await refresh(creator.http, creator.refresh)) == (400, "invalid_grant")
    assert error_of(await creator.http.post("/v2/oauth/revoke/", data=form)) == (400, "invalid_request")


def test_it_runs_as_a_process() -> None:
    words = [sys.executable, "-m", "tests.peers.simulators", "tiktok", "--redirect-uri", CALLBACK]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        base = process.stdout.readline().strip()
        with httpx.Client(base_url=f"{base}/_sim", trust_env=False, timeout=PATIENCE_S) as http:
            created = http.post("/accounts", json={"username": "ada"})
        process.send_signal(signal.SIGTERM)
        assert (created.json()["open_id"], process.wait(PATIENCE_S)) == ("-000ada", 0)


async def test_partial_chunk_is_discarded(creator: TikTokVisitor) -> None:
    publish_id, url = await creator.begun()
    parts = urlsplit(url)
    head = (
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\nContent-Type: video/mp4\r\n"
        f"Content-Length: {len(FILM)}\r\nContent-Range: bytes 0-{len(FILM) - 1}/{len(FILM)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(head.encode() + FILM[:-1])
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    assert (await creator.status(publish_id))["uploaded_bytes"] == 0


async def test_fault_passes_the_first_calls_and_ignores_refusals(creator: TikTokVisitor) -> None:
    await creator.sim.fault("/v2/post/publish/video/init/", SimFault.ACCEPT_THEN_500, skip=1, method="POST")
    assert error_of(await creator.init()) == (403, "privacy_level_option_mismatch")
    await creator.begun()
    assert error_of(await creator.init()) == (500, "internal_error")
    assert await creator.sim.struck() == {"accept_then_500": 1}
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
