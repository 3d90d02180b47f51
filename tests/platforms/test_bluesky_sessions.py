"""Sessions of an account on a Personal Data Server: creation and refresh."""

from datetime import datetime

import pytest

from platforms.bluesky import api
from schemas.errors import AccountReauthRequired, PlatformError, PlatformRefusal, PostNotSent
from tests.platforms.scripted import LOST, Answer, ScriptedServer, client_for, json_response, pds, xrpc_error

SESSION = {"did": "did:plc:me", "handle": "me.test", "refreshJwt": "r"}


async def opened(served: ScriptedServer) -> api.PdsSession:
    async with client_for(served) as client:
        return await api.create_pds_session(client, served.base, identifier="me.test", password="app-password")


async def test_a_session_has_its_end_and_the_accounts_server() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3OTU1MjE2MDB9.c2ln"
    service = [{"id": "#atproto_pds", "serviceEndpoint": "https://pds.example/"}]
    said = SESSION | {"accessJwt": token, "didDoc": {"service": service}}
    async with pds(createSession=json_response(said)) as served:
        session = await opened(served)
    assert session.access_token_expires_at == datetime.fromisoformat("2026-11-24T12:00:00Z")
    assert session.pds_url == "https://pds.example"
    assert token not in repr(session)
    assert served.asked[0].json == {"identifier": "me.test", "password": "app-password"}


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"])
async def test_a_token_without_claims_has_no_known_end(token: str) -> None:
    async with pds(createSession=json_response(SESSION | {"accessJwt": token, "didDoc": {"service": 7}})) as served:
        session = await opened(served)
    assert (session.access_token_expires_at, session.pds_url) == (None, None)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (xrpc_error("ExpiredToken"), AccountReauthRequired),
        (xrpc_error("InvalidToken"), AccountReauthRequired),
        (xrpc_error("AccountTakedown", 401), PlatformRefusal),
        (LOST["500"], PostNotSent),
        (LOST["dropped"], PostNotSent),
    ],
)
async def test_only_an_explicit_error_ends_a_session(answer: Answer, kind: type[PlatformError]) -> None:
    async with pds(refreshSession=answer) as served, client_for(served) as client:
        with pytest.raises(PlatformError) as caught:
            await api.refresh_pds_session(client, served.base, refresh_token="r")
    assert type(caught.value) is kind
