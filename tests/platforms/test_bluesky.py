"""Posting to Bluesky, against a scripted server."""

import json
from datetime import timedelta
from typing import Any

import pytest

from platforms.bluesky.publish import BlueskyAdapter
from schemas.errors import (
    AccessTokenExpired,
    PlatformError,
    PlatformRefusal,
    PlatformThrottled,
    PostNotSent,
    PostOutcomeUnknown,
    PostPreparationExpired,
)
from tests.platforms.scripted import (
    AT,
    BLOB,
    LOST,
    METHODS,
    Answer,
    ScriptedServer,
    account,
    client_for,
    draft,
    file,
    json_response,
    pds,
    xrpc_error,
)
from workers.platforms.contract import AbsentPost, LivePost, PostInquiry, PostPrepareResult, PostToPublish, UnprovedPost

PUT = "/xrpc/com.atproto.repo.putRecord"
WRITTEN = json_response({"uri": "at://did:plc:me/app.bsky.feed.post/x", "cid": "bafy"})


async def prepared(served: ScriptedServer, what: PostToPublish | None = None) -> PostPrepareResult:
    async with client_for(served) as client:
        return await BlueskyAdapter(client).prepare(account(served, "bluesky"), what or draft())


async def send_post(served: ScriptedServer, what: PostPrepareResult) -> Any:
    async with client_for(served) as client:
        return await BlueskyAdapter(client).send(account(served, "bluesky"), what, draft(), timeout_s=served.timeout_s)


async def query_post(served: ScriptedServer, what: PostPrepareResult, *, since_s: float) -> Any:
    async with client_for(served) as client:
        now = AT + timedelta(seconds=since_s)
        return await BlueskyAdapter(client).reconcile(account(served, "bluesky"), PostInquiry(what, AT, now))


async def send_error(answer: Answer, **more: Answer) -> PlatformError:
    async with pds(putRecord=answer, **more) as served:
        what = await prepared(served)
        with pytest.raises(PlatformError) as caught:
            await send_post(served, what)
    return caught.value


def record_response(what: PostPrepareResult, **changes: Any) -> bytes:
    record = json.loads(what.request)["record"] | changes
    return json_response({"uri": "at://did:plc:me/app.bsky.feed.post/x", "cid": "bafy", "value": record})


async def test_a_post_is_put_under_its_own_key() -> None:
    async with pds(putRecord=WRITTEN) as served:
        what = await prepared(served)
        live = await send_post(served, what)
    key = what.handle["rkey"]
    (asked,) = served.asked
    assert asked.body == what.request
    assert asked.headers["authorization"] == "Bearer secret-token"
    assert asked.json == {
        "repo": "did:plc:me",
        "collection": "app.bsky.feed.post",
        "rkey": key,
        "record": {
            "$type": "app.bsky.feed.post",
            "text": "Hello",
            "createdAt": "2026-11-24T12:00:00.123Z",
            "langs": ["en"],
        },
        "swapRecord": None,
    }
    assert live == LivePost(
        external_id=f"at://did:plc:me/app.bsky.feed.post/{key}",
        external_url=f"https://bsky.app/profile/did:plc:me/post/{key}",
    )


async def test_each_repeat_sends_the_same_bytes() -> None:
    async with pds(putRecord=WRITTEN, uploadBlob=json_response(BLOB)) as served:
        what, again = [await prepared(served, draft("Hi", file())) for _ in range(2)]
        for _ in range(3):
            await send_post(served, what)
    assert what == again
    assert {asked.body for asked in served.at(PUT)} == {what.request}
    assert len(served.at(PUT)) == 3


async def test_images_are_uploaded_and_embedded_in_their_order() -> None:
    other = {"blob": BLOB["blob"] | {"size": 9}}
    async with pds(uploadBlob=[json_response(BLOB), json_response(other)]) as served:
        what = await prepared(served, draft("", file(b"1234567"), file(b"123456789", mime_type="image/jpeg")))
    assert [asked.body for asked in served.asked] == [b"1234567", b"123456789"]
    assert [asked.headers["content-type"] for asked in served.asked] == ["image/png", "image/jpeg"]
    embed = json.loads(what.request)["record"]["embed"]
    assert [image["image"]["size"] for image in embed["images"]] == [7, 9]
    assert embed["images"][0]["aspectRatio"] == {"width": 4, "height": 3}


async def test_a_video_above_the_servers_own_limit_is_not_uploaded() -> None:
    movie = file(b"123456", kind="video", mime_type="video/mp4")
    async with pds(uploadBlob=json_response(BLOB), describeServer=json_response({"blobUploadLimit": 5})) as served:
        with pytest.raises(PlatformRefusal) as caught:
            await prepared(served, draft("", movie))
    assert (caught.value.code, len(served.asked)) == ("MEDIA_TOO_LARGE", 1)


@pytest.mark.parametrize("how", LOST)
async def test_a_put_without_a_clear_answer_may_be_live(how: str) -> None:
    assert type(await send_error(LOST[how])) is PostOutcomeUnknown


@pytest.mark.parametrize(
    ("answer", "kind", "code", "category"),
    [
        (xrpc_error("ExpiredToken"), AccessTokenExpired, "TOKEN_EXPIRED", "auth"),
        (xrpc_error("InvalidToken"), AccessTokenExpired, "TOKEN_EXPIRED", "auth"),
        (xrpc_error("AuthMissing", 401), AccessTokenExpired, "TOKEN_EXPIRED", "auth"),
        (json_response({}, 401), AccessTokenExpired, "TOKEN_REFUSED", "auth"),
        (xrpc_error("AccountTakedown", 401), PlatformRefusal, "ACCOUNT_SUSPENDED", "account_issue"),
        (xrpc_error("AccountDeactivated", 401), PlatformRefusal, "ACCOUNT_DEACTIVATED", "account_issue"),
        (xrpc_error("AccountNotFound", 403), PlatformRefusal, "ACCOUNT_NOT_FOUND", "account_issue"),
        (xrpc_error("RateLimitExceeded", 429), PlatformThrottled, "PLATFORM_RATE_LIMITED", "rate_limit"),
        (json_response({}, 429), PlatformThrottled, "PLATFORM_RATE_LIMITED", "rate_limit"),
        (xrpc_error("InvalidRequest"), PlatformRefusal, "PLATFORM_REJECTED", "user_content"),
        (xrpc_error("BlobNotFound"), PostPreparationExpired, "MEDIA_GONE", "network"),
        (xrpc_error("PayloadTooLarge", 413), PlatformRefusal, "MEDIA_TOO_LARGE", "user_content"),
        (xrpc_error("SomethingNew", 418), PlatformRefusal, "PLATFORM_REJECTED", "platform_rejected"),
    ],
)
async def test_a_refusal_is_classified_by_its_error_name(
    answer: bytes, kind: type[PlatformError], code: str, category: str
) -> None:
    error = await send_error(answer)
    assert (type(error), error.code, error.category) == (kind, code, category)
    assert "secret-token" not in error.message


async def test_a_rate_limit_has_its_end() -> None:
    headers = {"ratelimit_reset": "1795521630", "date": "Tue, 24 Nov 2026 12:00:00 GMT"}
    error = await send_error(xrpc_error("RateLimitExceeded", 429, **headers))
    assert isinstance(error, PlatformThrottled)
    assert error.after_s == 30


async def test_a_taken_key_with_this_post_is_live() -> None:
    async with pds(putRecord=xrpc_error("InvalidSwap")) as served:
        what = await prepared(served)
        served.answers[METHODS["getRecord"]] = [record_response(what)]
        assert isinstance(await send_post(served, what), LivePost)


@pytest.mark.parametrize("answer", [None, xrpc_error("AccountTakedown", 401), LOST["dropped"]])
async def test_a_taken_key_with_another_post_is_unknown(answer: Answer | None) -> None:
    async with pds(putRecord=xrpc_error("InvalidSwap")) as served:
        what = await prepared(served)
        served.answers[METHODS["getRecord"]] = [answer or record_response(what, text="Other")]
        with pytest.raises(PostOutcomeUnknown) as caught:
            await send_post(served, what)
    assert caught.value.code == "KEY_TAKEN"


@pytest.mark.parametrize(
    ("since_s", "found"), [(0, UnprovedPost(60.0)), (59, UnprovedPost(1.0)), (60, AbsentPost()), (10**6, AbsentPost())]
)
async def test_a_missing_record_is_absent_after_the_in_flight_time(since_s: float, found: Any) -> None:
    async with pds(getRecord=xrpc_error("RecordNotFound")) as served:
        assert await query_post(served, await prepared(served), since_s=since_s) == found


async def test_a_record_that_is_there_is_live_at_once() -> None:
    async with pds() as served:
        what = await prepared(served)
        served.answers[METHODS["getRecord"]] = [record_response(what)]
        assert isinstance(await query_post(served, what, since_s=0), LivePost)


async def test_another_record_under_the_key_decides_nothing() -> None:
    async with pds() as served:
        what = await prepared(served)
        served.answers[METHODS["getRecord"]] = [record_response(what, text="Other")]
        assert await query_post(served, what, since_s=10**6) == UnprovedPost()


@pytest.mark.parametrize("how", ["dropped", "500", "200 of something else"])
async def test_a_failed_query_proves_nothing(how: str) -> None:
    async with pds(getRecord=LOST[how]) as served:
        what = await prepared(served)
        with pytest.raises(PostNotSent):
            await query_post(served, what, since_s=10**6)


def test_a_put_is_always_repeatable() -> None:
    what, later = PostPrepareResult(handle={}, request=b""), AT + timedelta(days=30)
    assert BlueskyAdapter(None).may_repeat_send_safely(account(None, "bluesky"), PostInquiry(what, AT, later))  # type: ignore[arg-type]


async def test_only_resolvable_handles_are_mentions() -> None:
    answers = [json_response({"did": "did:plc:a"}), xrpc_error("InvalidRequest")]
    async with pds(resolveHandle=answers) as served:
        what = await prepared(served, draft("hi @a.test, @b.test and @a.test"))
    facets = json.loads(what.request)["record"]["facets"]
    assert [(facet["index"]["byteStart"], facet["features"][0]["did"]) for facet in facets] == [
        (3, "did:plc:a"),
        (24, "did:plc:a"),
    ]
    assert len(served.asked) == 2
