"""Posting to a scripted server of Mastodon's API."""

import json
from datetime import timedelta
from typing import Any

import pytest

from platforms.mastodon.publish import MastodonAdapter
from schemas.errors import (
    AccountReauthRequired,
    PlatformError,
    PlatformRefusal,
    PlatformThrottled,
    PostNotSent,
    PostOutcomeUnknown,
)
from tests.platforms.scripted import (
    AT,
    LOST,
    POST_ID,
    Answer,
    ScriptedServer,
    account,
    client_for,
    draft,
    file,
    json_response,
    prepared,
    server,
    status,
)
from tests.workers.web.web import raw_response
from workers.platforms.contract import LivePost, PostInquiry, PostPrepareResult

POSTS = "/api/v1/statuses"
LISTED = "/api/v1/accounts/7/statuses"


async def send_post(served: ScriptedServer, what: PostPrepareResult) -> Any:
    async with client_for(served) as client:
        return await MastodonAdapter(client).send(
            account(served, "mastodon"), what, draft(), timeout_s=served.timeout_s
        )


async def send_error(answer: Answer) -> PlatformError:
    async with server(statuses=[json_response([]), answer]) as served:
        what = await prepared(served)
        with pytest.raises(PlatformError) as caught:
            await send_post(served, what)
    return caught.value


async def test_a_post_goes_out_with_its_key() -> None:
    async with server(statuses=[json_response([status(3)]), json_response(status(4))]) as served:
        what = await prepared(served)
        live = await send_post(served, what)
    assert live == LivePost(external_id="4", external_url="https://m.example/@me/4")
    listed, asked = served.asked
    assert (listed.path, asked.path, what.handle["after"]) == (LISTED, POSTS, "3")
    assert asked.json == {"status": "Hello", "media_ids": [], "visibility": "public", "language": "en"}
    assert asked.headers["idempotency-key"] == what.handle["key"] == str(POST_ID)
    assert asked.headers["authorization"] == "Bearer secret-token"


async def test_each_repeat_sends_the_same_bytes_and_key() -> None:
    async with server(statuses=[json_response([]), json_response(status())]) as served:
        what = await prepared(served)
        for _ in range(3):
            await send_post(served, what)
    assert {(asked.body, asked.headers["idempotency-key"]) for asked in served.at(POSTS)} == {
        (what.request, str(POST_ID))
    }
    assert len(served.at(POSTS)) == 3


async def test_files_are_uploaded_and_named_in_their_order() -> None:
    answers = [json_response({"id": "11"}), json_response({"id": "12"})]
    async with server(statuses=json_response([]), media=answers) as served:
        what = await prepared(served, draft("", file(b"first"), file(b"second!", mime_type="image/jpeg")))
    assert json.loads(what.request)["media_ids"] == ["11", "12"]
    first, second = served.at("/api/v2/media")
    boundary = first.headers["content-type"].removeprefix("multipart/form-data; boundary=")
    head, _, rest = first.body.partition(b"\r\n\r\n")
    assert rest == f"first\r\n--{boundary}--\r\n".encode()
    assert b'name="file"; filename="00000000-0000-0000-0000-000000000001.png"' in head
    assert b"Content-Type: image/jpeg\r\n\r\nsecond!" in second.body


@pytest.fixture
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platforms.mastodon.uploads.MEDIA_POLL_PAUSES_S", (0, 0, 0))


@pytest.mark.usefixtures("_no_pauses")
async def test_a_file_is_polled_while_the_server_processes_it() -> None:
    media = {
        "media": json_response({"id": "11", "url": None}, 202),
        "11": [json_response({"id": "11"}, 206), json_response({"id": "11"})],
    }
    async with server(statuses=json_response([]), **media) as served:
        await prepared(served, draft("", file()))
    assert [asked.path for asked in served.at("/api/v1/media/11")] == ["/api/v1/media/11"] * 2


@pytest.mark.usefixtures("_no_pauses")
async def test_a_file_that_is_never_ready_is_retried_later() -> None:
    media = {"media": json_response({"id": "11"}, 202), "11": json_response({"id": "11"}, 206)}
    async with server(statuses=json_response([]), **media) as served:
        with pytest.raises(PostNotSent) as caught:
            await prepared(served, draft("", file()))
    assert caught.value.code == "MEDIA_PROCESSING"


async def test_a_refused_file_ends_the_post() -> None:
    async with server(statuses=json_response([]), media=json_response({"error": "Bad file"}, 422)) as served:
        with pytest.raises(PlatformRefusal, match="Bad file"):
            await prepared(served, draft("", file()))


@pytest.mark.parametrize("how", LOST)
async def test_a_post_without_a_clear_answer_may_be_live(how: str) -> None:
    assert type(await send_error(LOST[how])) is PostOutcomeUnknown


@pytest.mark.parametrize(
    ("answer", "kind", "category"),
    [
        (json_response({"error": "The access token was revoked"}, 401), AccountReauthRequired, "auth"),
        (raw_response(401), AccountReauthRequired, "auth"),
        (raw_response(422), AccountReauthRequired, "auth"),
        (json_response({"error": "This action is outside the authorized scopes"}, 403), AccountReauthRequired, "auth"),
        (json_response({"error": "Your login is currently disabled"}, 403), PlatformRefusal, "account_issue"),
        (json_response({"error": "Record not found"}, 404), PlatformRefusal, "platform_rejected"),
        (json_response({"error": "Validation failed: Text character limit"}, 422), PlatformRefusal, "user_content"),
        (raw_response(413), PlatformRefusal, "user_content"),
        (json_response({"error": "Too many requests"}, 429), PlatformThrottled, "rate_limit"),
        (raw_response(429), PlatformThrottled, "rate_limit"),
    ],
)
async def test_a_refusal_has_its_class_and_category(answer: bytes, kind: type[PlatformError], category: str) -> None:
    error = await send_error(answer)
    assert (type(error), error.category) == (kind, category)
    assert "secret-token" not in error.message


@pytest.mark.parametrize("reset", ["1795521630", "2026-11-24T12:00:30.000000Z"])
async def test_a_rate_limit_has_its_end(reset: str) -> None:
    error = await send_error(json_response({}, 429, x_ratelimit_reset=reset, date="Tue, 24 Nov 2026 12:00:00 GMT"))
    assert isinstance(error, PlatformThrottled)
    assert error.after_s == 30


@pytest.mark.parametrize(
    ("traits", "minutes", "expected"),
    [
        ({"tokenExact": True}, 49, True),
        ({"tokenExact": True}, 51, False),
        ({"tokenExact": False}, 0, False),
        ({"tokenExact": "yes"}, 0, False),
        ({}, 0, False),
    ],
)
async def test_a_kept_key_allows_a_repeat(traits: dict[str, Any], minutes: float, expected: bool) -> None:
    """The key's time starts before the first call, by the database's time; `sent_at` may be a repeat's."""
    async with server(statuses=json_response([])) as served, client_for(served) as client:
        adapter, mine = MastodonAdapter(client), account(served, "mastodon", **traits)
        what = await adapter.prepare(mine, draft(now=AT))
        now = AT + timedelta(minutes=minutes)
        assert adapter.may_repeat_send_safely(mine, PostInquiry(what, now, now)) is expected
