"""Authentication: keys in headers, scopes, organizations, and strangers."""

import asyncio
from collections.abc import Sequence

import httpx
import pytest
from litestar import Litestar

from api.auth import api_keys
from api.auth.api_keys import (
    MAX_WRONG_KEYS_PER_ADDRESS,
    WRONG_KEY_COUNT_WINDOW_S,
    AddressesWithWrongKeys,
    ApiKeyAuthenticator,
)
from api.http.request_state import RequestState
from db.coalescing import LookupCoalescer
from db.pool import Pool
from domain.security.keyring import Keyring
from domain.tenancy import key_secrets, key_text
from domain.tenancy.api_keys import StoredApiKey
from domain.tenancy.key_text import ApiKeyParts
from tests.api.conftest import ApiCaller, client_of, new_key, open_caller

GOOD = "lp_live_" + "a" * 16 + "_" + "b" * 43


async def test_whoami_shows_the_keys_organization(app: Litestar, acme: ApiCaller, pool: Pool) -> None:
    """A test key belongs to the sandbox."""
    async with open_caller(app, pool, "Acme", env="test") as sandbox:
        body = (await sandbox.http.get("/v1/whoami")).json()
    assert (body["env"], body["sandbox"], body["tier"]) == ("test", True, "sandbox")
    assert body["organizationId"] == f"org_{sandbox.organization_id}"
    body = (await acme.http.get("/v1/whoami")).json()
    assert body["organizationId"] == f"org_{acme.organization_id}"
    assert body["organizationName"] == "Acme"
    assert (body["env"], body["sandbox"], body["tier"], body["scopes"]) == ("live", False, "standard", ["*"])
    assert body["keyId"] in acme.key


async def test_every_invalid_key_gets_the_same_answer(acme: ApiCaller, anonymous: httpx.AsyncClient) -> None:
    """Also with the secret or the environment of another key."""
    for headers in (
        {},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {GOOD}"},
        {"Authorization": f"Bearer {GOOD[:40]}"},
        {"Authorization": f"Bearer {GOOD}x"},
        {"Authorization": f"Bearer {GOOD.replace('live', 'prod')}"},
        {"Authorization": f"Bearer {GOOD}"},
        {"X-Api-Key": "\xff"},
        {"X-Api-Key": acme.key[:-1] + ("A" if acme.key[-1] != "A" else "B")},
        {"X-Api-Key": acme.key.replace("live", "test")},
    ):
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        answer = await anonymous.get("/v1/whoami", headers=raw)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        error = answer.json()["error"]
        assert error.pop("requestId") == answer.headers["X-Request-Id"]
        assert error == {
            "code": "UNAUTHENTICATED",
            "message": "send a valid API key as `Authorization: Bearer <key>` or `X-Api-Key: <key>`",
        }


async def test_both_headers_work_and_x_api_key_wins(acme: ApiCaller, rival: ApiCaller) -> None:
    answer = await acme.http.get("/v1/whoami", headers={"X-Api-Key": rival.key})
    assert answer.json()["organizationName"] == "Rival"
    answer = await acme.http.get("/v1/whoami", headers={"X-Api-Key": "nonsense"})
    assert answer.status_code == 401
    answer = await acme.http.get("/v1/whoami", headers={"Authorization": f"bearer  {acme.key} "})
    assert answer.status_code == 200


async def test_concurrent_requests_get_their_own_answers(acme: ApiCaller, rival: ApiCaller, app: Litestar) -> None:
    async with client_of(app, GOOD) as stranger:
        callers = [acme.http, rival.http, stranger] * 4
        answers = await asyncio.gather(*(caller.get("/v1/whoami") for caller in callers))
    assert [answer.status_code for answer in answers] == [200, 200, 401] * 4
    names = [answer.json()["organizationName"] for answer in answers if answer.is_success]
    assert names == ["Acme", "Rival"] * 4


async def test_wrong_keys_lock_out_no_other_key(acme: ApiCaller, anonymous: httpx.AsyncClient, pool: Pool) -> None:
    """Neither a known key nor a new one: behind a proxy, all clients share one address."""
    assert (await acme.http.get("/v1/whoami")).status_code == 200
    guesses = (GOOD, GOOD[:-1], acme.key[:-1] + ("A" if acme.key[-1] != "A" else "B"))
    for number in range(3 * MAX_WRONG_KEYS_PER_ADDRESS):
        wrong = guesses[number % 3]
        assert (await anonymous.get("/v1/whoami", headers={"X-Api-Key": wrong})).status_code == 401
    fresh = await new_key(pool, acme.organization_id)
    for key in (fresh, acme.key):
        assert (await anonymous.get("/v1/whoami", headers={"X-Api-Key": key})).status_code == 200


async def test_guesses_share_no_statement_with_other_keys(
    acme: ApiCaller, app: Litestar, anonymous: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond ten failures a minute: while a guess's query runs, other keys are answered."""
    for _ in range(MAX_WRONG_KEYS_PER_ADDRESS):
        await anonymous.get("/v1/whoami", headers={"X-Api-Key": GOOD})
    authenticator: ApiKeyAuthenticator = app.state.services.authenticator
    asked, answered = asyncio.Event(), asyncio.Event()

    async def stuck(key_ids: Sequence[str]) -> list[StoredApiKey | None]:
        asked.set()
        await answered.wait()
        return [None for _ in key_ids]

    monkeypatch.setattr(authenticator, "_rows_apart", LookupCoalescer(stuck))
    guess = asyncio.create_task(anonymous.get("/v1/whoami", headers={"X-Api-Key": GOOD}))
    await asked.wait()
    known, address = key_text.parse_api_key(acme.key), "198.51.100.7"
    expected = authenticator.find_unverified_cached_key(known)
    who = await authenticator.authenticate(known, expected=expected, address=address)
    assert who.organization_name == "Acme"
    assert (await acme.http.get("/v1/whoami")).status_code == 200
    answered.set()
    assert (await guess).status_code == 401


async def test_existing_key_id_is_indistinguishable(
    acme: ApiCaller, app: Litestar, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer, its rate limit headers and the amount of hashing are equal."""
    digest, counted = key_secrets._hash_with_pepper, list[str]()

    def counting(secret: str, peppers: Keyring, pepper_id: str) -> bytes:
        counted.append(pepper_id)
        return digest(secret, peppers, pepper_id)

    monkeypatch.setattr(key_secrets, "_hash_with_pepper", counting)
    told = set()
    for state in ("nobody's", "live", "rotated", "expired", "killed", "of a test key"):
        authenticator: ApiKeyAuthenticator = app.state.services.authenticator
        authenticator.strangers = AddressesWithWrongKeys()
        presented = await existing_key(pool, acme, state)
        async with client_of(app, "_".join(("lp", *presented[:2], "A" * 43))) as client:
            counted.clear()
            for _ in range(MAX_WRONG_KEYS_PER_ADDRESS + 2):
                answer = await client.get("/v1/whoami")
                headers = {k: v for k, v in answer.headers.items() if k not in {"x-request-id", "date"}}
                body = answer.json()
                del body["error"]["requestId"]
                told.add((answer.status_code, answer.headers["RateLimit"], str(headers), str(body)))
        assert (state, len(counted)) == (state, 2 * (MAX_WRONG_KEYS_PER_ADDRESS + 2))
    assert len(told) == MAX_WRONG_KEYS_PER_ADDRESS


async def existing_key(pool: Pool, acme: ApiCaller, state: str) -> ApiKeyParts:
    presented = key_text.parse_api_key(await new_key(pool, acme.organization_id))
    assert presented is not None
    changes = {
        "nobody's": "key_id = reverse(key_id)",
        "rotated": "old_secret_hash = secret_hash, old_pepper_id = pepper_id, overlap_until = now() + '1 h'",
        "expired": "expires_at = now()",
        "killed": "killed_at = now()",
    }
    change = changes.get(state, "name = name")
    await pool.execute(f"update api_key set {change} where key_id = $1", presented.key_id)
    return presented._replace(env="test") if state == "of a test key" else presented


def test_a_forwarding_header_of_an_unknown_proxy_is_ignored_and_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(api_keys._log, "warning", told.append)
    api_keys._warn_of_unconfigured_proxy.cache_clear()
    for name in (b"x-forwarded-for", b"forwarded", b"x-forwarded-for"):
        assert api_keys.find_client_ip(RequestState([(name, b"203.0.113.9")]), "peer", hops=0) == "peer"
    assert api_keys.find_client_ip(RequestState([(b"x-forwarded-for", b"203.0.113.9")]), "p", hops=1) == "203.0.113.9"
    assert len(told) == 1
    assert "PROXY_HOPS" in told[0]


def test_failures_are_forgotten_after_a_minute() -> None:
    now = [0.0]
    strangers = AddressesWithWrongKeys(lambda: now[0])
    for _ in range(MAX_WRONG_KEYS_PER_ADDRESS):
        strangers.record_wrong_api_key("10.0.0.1")
        now[0] += 1
    assert strangers.has_address_failed_too_often("10.0.0.1")
    assert not strangers.has_address_failed_too_often("10.0.0.2")
    now[0] = WRONG_KEY_COUNT_WINDOW_S
    assert not strangers.has_address_failed_too_often("10.0.0.1")


def test_caches_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.auth.api_keys.MAX_AUTH_CACHE_ENTRIES", 100)
    strangers = AddressesWithWrongKeys()
    for number in range(1000):
        strangers.record_wrong_api_key(str(number))
    assert len(strangers._failures) == 100


async def test_cached_principal_needs_the_secret(app: Litestar, acme: ApiCaller) -> None:
    authenticator, presented = app.state.services.authenticator, key_text.parse_api_key(acme.key)
    assert presented
    assert authenticator.find_unverified_cached_key(presented) is None
    await acme.http.get("/v1/whoami")
    assert authenticator.find_unverified_cached_key(presented).principal.organization_id == acme.organization_id
    assert authenticator.find_unverified_cached_key(presented._replace(secret="b" * 43)) is None
    assert authenticator.find_unverified_cached_key(presented._replace(env="test")) is None
    assert presented.secret.encode() not in b"".join(authenticator._opened)


@pytest.mark.parametrize(
    ("hops", "address"), [(0, "peer"), (1, "10.0.0.2"), (2, "203.0.113.9"), (3, "forged"), (4, "peer")]
)
def test_address_comes_from_a_trusted_proxy(hops: int, address: str) -> None:
    state = RequestState([(b"x-forwarded-for", b"forged, 203.0.113.9, 10.0.0.2")])
    assert api_keys.find_client_ip(state, "peer", hops=hops) == address


async def test_refused_key_shows_the_address_budget(anonymous: httpx.AsyncClient) -> None:
    unknown = {"X-Api-Key": GOOD}
    answers = [await anonymous.get("/v1/whoami", headers=unknown) for _ in range(2)]
    assert [answer.headers["RateLimit"] for answer in answers] == ['"unknown-keys";r=9;t=60', '"unknown-keys";r=8;t=60']
    assert answers[0].headers["RateLimit-Policy"] == '"unknown-keys";q=10;w=60'
    assert answers[0].headers["X-RateLimit-Endpoint-Class"] == "read-light"
