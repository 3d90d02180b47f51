"""The meaning of each refusal of Instagram: all of the simulator's, and unknown ones."""

from typing import Any, NamedTuple

import httpx
import msgspec
import pytest

from domain.accounts.client_registrations import OAuthClient
from platforms.instagram import api, errors
from schemas.errors import (
    AccessTokenExpired,
    AccountReauthRequired,
    PlatformError,
    PlatformRefusal,
    PlatformThrottled,
    PostNotSent,
    PostOutcomeUnknown,
    PostPreparationExpired,
)
from tests.peers.simulators.instagram_errors import REFUSALS
from tests.peers.simulators.instagram_oauth import CLIENT_ID, CLIENT_SECRET
from tests.peers.simulators.instagram_user import CALLBACK, code_of
from tests.platforms.instagram_account import InstagramAccount
from workers.platforms.http import PlatformResponse

MESSAGE = "the error's own words"


class ExpectedErrors(NamedTuple):
    """The error of a call that only reads or prepares; `published` is that of the publish itself."""

    kind: type[PlatformError]
    code: str
    category: str = "auth"
    published: type[PlatformError] | None = None


OWNER = ExpectedErrors(AccountReauthRequired, "TOKEN_REFUSED")
LIMIT = ExpectedErrors(PlatformThrottled, "PLATFORM_RATE_LIMITED", "rate_limit")
FAILED = ExpectedErrors(PostNotSent, "PLATFORM_FAILED", "network", PostOutcomeUnknown)
GONE = ExpectedErrors(PostPreparationExpired, "CONTAINER_GONE", "network", PostOutcomeUnknown)
DENIED = GONE._replace(code="CONTAINER_UNKNOWN")
UNFETCHED = ExpectedErrors(PostPreparationExpired, "MEDIA_NOT_FETCHED", "network", PostOutcomeUnknown)
UNMADE = ExpectedErrors(PostPreparationExpired, "MEDIA_FAILED", "network", PostOutcomeUnknown)
OURS = ExpectedErrors(PlatformRefusal, "PLATFORM_REJECTED", "platform_rejected", PostOutcomeUnknown)
TOKEN = ExpectedErrors(AccessTokenExpired, "TOKEN_REFUSED")


def content(code: str) -> ExpectedErrors:
    return ExpectedErrors(PlatformRefusal, code, "user_content")


def account(code: str) -> ExpectedErrors:
    return ExpectedErrors(PlatformRefusal, code, "account_issue")


TABLE = {
    "no_token": OWNER,
    "unknown_token": TOKEN,
    "expired": ExpectedErrors(AccountReauthRequired, "TOKEN_ENDED"),
    "password_changed": OWNER,
    "app_removed": ExpectedErrors(AccountReauthRequired, "ACCESS_REMOVED"),
    "checkpoint": account("ACCOUNT_CHECKPOINT"),
    "session_invalidated": OWNER,
    "code_reused": TOKEN,
    "too_young": TOKEN,
    "not_long_lived": TOKEN,
    "not_short_lived": TOKEN,
    "wrong_secret": FAILED,
    "no_permission": ExpectedErrors(AccountReauthRequired, "SCOPE_MISSING"),
    "app_limit": LIMIT,
    "user_limit": LIMIT,
    "page_limit": LIMIT,
    "custom_limit": LIMIT,
    "business_limit": LIMIT,
    "daily_limit": ExpectedErrors(PlatformThrottled, "QUOTA_USED_UP", "rate_limit"),
    "container_limit": ExpectedErrors(PlatformThrottled, "QUOTA_USED_UP", "rate_limit"),
    "unknown_object": DENIED,
    "no_version": OURS,
    "ended_version": OURS,
    "unknown_path": OURS,
    "unknown_field": OURS,
    "parameter": OURS,
    "unknown_error": FAILED,
    "unavailable": FAILED,
    "unknown_type": OURS,
    "video_gone": OURS,
    "carousel_size": content("MEDIA_TOO_MANY"),
    "too_many_tags": content("CAPTION_REFUSED"),
    "caption_too_long": content("CAPTION_REFUSED"),
    "too_many_hashtags": content("CAPTION_REFUSED"),
    "fetch_slow": UNFETCHED,
    "fetch_gone": UNFETCHED,
    "fetch_failed": UNFETCHED,
    "image_too_large": content("MEDIA_TOO_LARGE"),
    "image_format": content("MEDIA_REFUSED"),
    "image_aspect": content("MEDIA_ASPECT"),
    "video_unprocessed": content("MEDIA_REFUSED"),
    "video_format": content("MEDIA_REFUSED"),
    "video_unusable": content("MEDIA_REFUSED"),
    "create_failed": UNMADE,
    "not_ready": ExpectedErrors(PostNotSent, "MEDIA_PROCESSING", "network", PostNotSent),
    "media_not_found": GONE,
    "builder_gone": GONE,
    "restricted": account("ACCOUNT_RESTRICTED"),
    "action_blocked": ExpectedErrors(PostNotSent, "ACTION_BLOCKED", "network", PostOutcomeUnknown),
    "server_error": FAILED,
}

#: Refusals of metrics calls only.
OF_FIGURES = {"few_viewers"}


def test_every_refusal_of_the_simulator_is_in_the_table() -> None:
    assert TABLE.keys() == REFUSALS.keys() - OF_FIGURES


async def test_a_refusal_has_its_class_and_category(ada: InstagramAccount) -> None:
    post = await ada.post()
    for name, expected in TABLE.items():
        await ada.order(name, "create")
        with pytest.raises(PlatformError) as caught:
            await ada.step(post)
        error = caught.value
        assert (name, type(error), error.code, error.category) == (name, *expected[:3])
        assert ada.account.access_token not in error.message
    assert await ada.sim.posts("ada") == []


async def test_a_refused_publish_fails_only_if_nothing_can_be_live(ada: InstagramAccount) -> None:
    """`failed` requires proof of the post's absence."""
    post = await ada.post()
    prepared = await ada.prepared(post)
    for name, told in TABLE.items():
        await ada.order(name, "publish")
        with pytest.raises(PlatformError) as caught:
            await ada.send(prepared, post)
        assert (name, type(caught.value)) == (name, told.published or told.kind)


async def test_a_limit_lasts_as_long_as_the_usage_header(ada: InstagramAccount) -> None:
    """The limit of the whole application has no time of its own."""
    post = await ada.post()
    limits = {"business_limit": 19 * 60, "custom_limit": 19 * 60, "app_limit": 300, "user_limit": 300}
    for name, after_s in limits.items():
        await ada.order(name, "limit")
        with pytest.raises(PlatformThrottled) as caught:
            await ada.step(post)
        assert (name, caught.value.after_s) == (name, after_s)


def error_from(body: Any, status: int = 400, *, publish: bool = False, **headers: str) -> PlatformError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    answer = PlatformResponse(status=status, headers=httpx.Headers(named), body=content, irreversible=publish)
    return errors.parse_graph_error(answer)


def unknown(**fields: Any) -> dict[str, Any]:
    return {"error": {"message": MESSAGE, "code": 987654, "error_subcode": 1} | fields}


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (unknown(), 400, PlatformRefusal), (unknown(is_transient=True), 400, PostNotSent),
        (unknown(), 500, PostNotSent),
        (unknown(), 408, PostNotSent), (unknown(), 429, PlatformThrottled), (b"<html>", 502, PostNotSent),
        (b"<html>", 403, PlatformRefusal), (b"", 429, PlatformThrottled), ({"error": "a word"}, 400,
        PlatformRefusal),
        ({"error": {"code": "190"}}, 400, PlatformRefusal),
    ],
)  # fmt: skip
def test_an_unknown_refusal_is_classified_by_its_status(body: Any, status: int, kind: type[PlatformError]) -> None:
    assert type(error_from(body, status)) is kind
    publish = PlatformThrottled if status == 429 else PostOutcomeUnknown
    assert type(error_from(body, status, publish=True)) is publish


def test_an_unknown_refusal_quotes_its_message_and_number() -> None:
    message = error_from(unknown(error_user_msg="for a person")).message
    assert "for a person" in message
    assert "987654" in message
    assert MESSAGE in error_from(unknown()).message


@pytest.mark.parametrize(
    ("subcode", "kind"),
    [
        (459, PlatformRefusal),
        (490, PlatformRefusal),
        (467, AccountReauthRequired),
        (None, AccessTokenExpired),
        (12345, AccessTokenExpired),
    ],
)
def test_token_refusals_by_subcode(subcode: int | None, kind: type[PlatformError]) -> None:
    assert type(error_from(unknown(code=190, error_subcode=subcode))) is kind
    assert (
        type(error_from(unknown(code=190, error_subcode=subcode, message="a checkpoint is required")))
        is PlatformRefusal
    )


@pytest.mark.parametrize(
    ("usage", "after_s"),
    [
        ('{"1": [{"estimated_time_to_regain_access": 2}, {"estimated_time_to_regain_access": 7}]}', 420),
        ('{"1": [{"estimated_time_to_regain_access": 100000}]}', 86400),
        ('{"1": [{"estimated_time_to_regain_access": %s}]}' % ("9" * 400), 86400),
        ('{"1": [{"estimated_time_to_regain_access": 0}]}', 300),
        ('{"1": [{"estimated_time_to_regain_access": "soon"}]}', 300),
        ('{"1": [{}]}', 300),
        ('{"1": {}}', 300),
        ("no JSON", 300),
    ],
)
def test_any_usage_header_can_be_read(usage: str, after_s: float) -> None:
    error = error_from(unknown(code=4), 403, x_business_use_case_usage=usage)
    assert isinstance(error, PlatformThrottled)
    assert error.after_s == after_s


#: Changes of a request for a token, with the error's class and code.
REFUSED_CODES: list[tuple[dict[str, str], type[PlatformError], str]] = [
    ({"client_secret": "wrong"}, PlatformRefusal, "APP_REFUSED"),
    ({"client_id": "1"}, PlatformRefusal, "APP_REFUSED"),
    ({"code": "nobody's"}, AccountReauthRequired, "CODE_REFUSED"),
    ({"redirect_uri": "https://app.test/elsewhere"}, AccountReauthRequired, "CODE_REFUSED"),
]


async def test_a_refused_code_is_distinguished_from_a_refused_app(ada: InstagramAccount) -> None:
    ours = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    ours |= {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": "v" * 64}
    for changed, kind, code in REFUSED_CODES:
        form = ours | {"code": await code_of(ada.sim)} | changed
        us = OAuthClient(form.pop("client_id"), form.pop("client_secret"))
        with pytest.raises(kind) as caught:
            await api.exchange_code_for_hour_token(ada.adapter.client, ada.adapter.base, us, form)
        assert caught.value.code == code
        assert CLIENT_SECRET not in caught.value.message
