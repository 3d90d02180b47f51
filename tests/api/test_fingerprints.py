"""The stored fingerprint of a request: sufficient to recognize it, impossible to guess."""

import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from api.app import create_app
from api.http import idempotency
from db.pool import Pool
from domain.values import steps
from domain.values.steps import JSON_STEP_BYTES
from schemas.settings import Settings
from tests.api.conftest import ApiCaller, client_of, hold_context
from tests.api.test_idempotency import PROJECT, Write, both, count_rows, post_write
from tests.servers import KEYRING

NEW = f"new:{b64encode(bytes(range(1, 33))).decode()}"


@both
async def test_fingerprint_cannot_be_guessed_and_one_of_an_older_release_is_valid(
    acme: ApiCaller, pool: Pool, write: Write
) -> None:
    """A body may hold a password; a reader of the table could test guesses against a plain hash."""
    first = await post_write(acme, write)
    stored_value = await pool.fetchval("select fingerprint from idempotency_key")
    assert stored_value not in (legacy_hash("POST", write), legacy_hash("PUT", write))
    # An upgrade between a write and its repeat: the old release stored the plain hash.
    await pool.execute("update idempotency_key set fingerprint = $1", legacy_hash("POST", write))
    assert (await post_write(acme, write)).content == first.content
    await pool.execute("update idempotency_key set fingerprint = $1", legacy_hash("PUT", write))
    assert (await post_write(acme, write)).status_code == 409


def test_every_body_has_a_digest() -> None:
    """A table, the deepest nesting that parses, and invalid text: byte by byte."""
    bodies = [b"a,b\n1,2", b"a,b\n1,3", b"\xff", b"", b"1e999"]
    bodies += [b"[" * levels + b"]" * levels for levels in range(1, 1_020)]
    assert len({body_digest(body) for body in bodies}) == len(bodies)


def test_stepwise_digest_equals_the_whole_digest() -> None:
    """The previous release hashed the whole body and may have answered first. Order and space don't
    matter.
    """
    event = {"properties": {"b": [1, 2.5, "\u00e9[0]"], "a": {"z": 1, "y": None}}, "name": "x" * 3_000}
    for body in ({"sdkAppId": "[0]", "events": [event] * 60, "projectId": "p"}, {"rows": [event] * 60}):
        at_once = hashlib.sha256(msgspec.json.encode([*WHERE, body], order="deterministic")).digest()
        turned = dict(reversed(body.items()))
        for text in (msgspec.json.encode(body), msgspec.json.format(msgspec.json.encode(turned), indent=2)):
            assert len(text) > JSON_STEP_BYTES
            assert body_digest(text) == at_once


WHERE = ["POST", "/v1/x", []]


def body_digest(body: bytes) -> bytes:
    return steps.run_generator_steps_at_once(idempotency.digest_request(WHERE, body))


def legacy_hash(method: str, write: Write) -> bytes:
    parts = [method, write.path, [], write.body]
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).digest()


@asynccontextmanager
async def open_with_peppers(settings: Settings, peppers: str, caller: ApiCaller) -> AsyncIterator[ApiCaller]:
    """Open an API with this keyring for the same caller."""
    app = create_app(msgspec.structs.replace(settings, peppers=peppers))
    async with hold_context(app.lifespan()), client_of(app, caller.key) as client:
        yield caller._replace(http=client)


async def rotate_key(caller: ApiCaller) -> ApiCaller:
    """Rotate the key: the new secret is hashed with the keyring's first pepper."""
    own = (await caller.http.get("/v1/whoami")).json()["apiKeyId"]
    new_key = await caller.http.post(f"/v1/api-keys/{own}/rotate", json={"overlapHours": 0})
    return caller._replace(key=new_key.json()["apiKey"])


@both
async def test_a_key_outlives_its_pepper_at_the_head_of_the_keyring(
    acme: ApiCaller, settings: Settings, pool: Pool, write: Write
) -> None:
    first = await post_write(acme, write)
    async with open_with_peppers(settings, f"{NEW},{KEYRING}", acme) as caller:
        assert (await post_write(caller, write)).content == first.content
        assert (await post_write(caller, write, json=write.other)).status_code == 409
    assert await count_rows(pool, write) == 1


async def test_record_of_a_dropped_pepper_is_refused(acme: ApiCaller, settings: Settings, pool: Pool) -> None:
    await post_write(acme, PROJECT)
    async with open_with_peppers(settings, f"{NEW},{KEYRING}", acme) as caller:
        acme = await rotate_key(caller)
    async with open_with_peppers(settings, NEW, acme) as caller:
        assert (await post_write(caller, PROJECT)).status_code == 409
    assert await count_rows(pool, PROJECT) == 1
