"""Every error code of TikTok's: its meaning, and its proof if the call could have created the post."""

from typing import Any

import httpx
import pytest

from platforms.tiktok import api, errors
from platforms.tiktok.errors import TIKTOK_ERROR_MEANINGS, TIKTOK_FAIL_REASON_MEANINGS, TikTokErrorBody
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
from tests.peers.simulators import tiktok_errors
from tests.platforms.scripted import client_for, json_response, server
from tests.workers.web.web import raw_response
from workers.platforms.http import PlatformApi, PlatformResponse

#: The class and the category of each, and whether it proves the post's absence.
EXPECTED: dict[str, tuple[type[PlatformError], str, bool]] = {
    "access_token_invalid": (AccessTokenExpired, "auth", True),
    "scope_not_authorized": (AccountReauthRequired, "auth", True),
    "scope_permission_missed": (AccountReauthRequired, "auth", True),
    "rate_limit_exceeded": (PlatformThrottled, "rate_limit", True),
    "spam_risk_too_many_posts": (PlatformThrottled, "quota", True),
    "spam_risk_too_many_pending_share": (PostNotSent, "quota", True),
    "reached_active_user_cap": (PlatformThrottled, "quota", True),
    "spam_risk_user_banned_from_posting": (PlatformRefusal, "account_issue", True),
    "spam_risk": (PlatformRefusal, "platform_rejected", True),
    "spam_risk_text": (PlatformRefusal, "platform_rejected", True),
    "privacy_level_option_mismatch": (PlatformRefusal, "user_content", True),
    "unaudited_client_can_only_post_to_private_accounts": (PlatformRefusal, "config", True),
    "url_ownership_unverified": (PlatformRefusal, "config", True),
    "invalid_publish_id": (PostNotSent, "unknown", True),
    "token_not_authorized_for_specified_publish_id": (PostNotSent, "unknown", True),
    "invalid_param": (PlatformRefusal, "platform_rejected", False),
    "invalid_params": (PlatformRefusal, "platform_rejected", False),
    "not_found": (PlatformRefusal, "platform_rejected", False),
    "publish_not_cancellable": (PlatformRefusal, "platform_rejected", False),
    "internal": (PostNotSent, "network", False),
    "internal_error": (PostNotSent, "network", False),
}
FAILED: dict[str, tuple[type[PlatformError], str]] = {
    "auth_removed": (PostPreparationExpired, "auth"),
    "duration_check_failed": (PlatformRefusal, "user_content"),
    "file_format_check_failed": (PlatformRefusal, "user_content"),
    "frame_rate_check_failed": (PlatformRefusal, "user_content"),
    "internal": (PostPreparationExpired, "network"),
    "photo_pull_failed": (PostPreparationExpired, "network"),
    "picture_size_check_failed": (PlatformRefusal, "user_content"),
    "publish_cancelled": (PlatformRefusal, "platform_rejected"),
    "spam_risk": (PlatformRefusal, "platform_rejected"),
    "spam_risk_text": (PlatformRefusal, "platform_rejected"),
    "spam_risk_too_many_posts": (PostPreparationExpired, "quota"),
    "spam_risk_user_banned_from_posting": (PlatformRefusal, "account_issue"),
    "video_pull_failed": (PostPreparationExpired, "network"),
}


def error_for(code: str, status: int = 403, *, irreversible: bool = False, rest: str = "") -> PlatformError:
    answer = PlatformResponse(
        status=status, headers=httpx.Headers({"Retry-After": rest}), body=b"", irreversible=irreversible
    )
    return errors.build_tiktok_error(answer, TikTokErrorBody(code=code, message="as it says", log_id="2026"))


def test_the_tables_cover_the_simulators_errors() -> None:
    assert {*tiktok_errors.STATUS} - {"ok"} <= {*TIKTOK_ERROR_MEANINGS}
    assert {*TIKTOK_FAIL_REASON_MEANINGS} >= tiktok_errors.FAIL_REASONS


@pytest.mark.parametrize("code", sorted({*TIKTOK_ERROR_MEANINGS, *EXPECTED}))
def test_each_refusal_has_a_class_and_quotes_its_log_id(code: str) -> None:
    kind, category, proves = EXPECTED[code]
    error = error_for(code, tiktok_errors.STATUS.get(code, 500))
    assert (type(error), error.category) == (kind, category)
    assert f"{code} as it says, log 2026" in error.message
    sent = error_for(code, tiktok_errors.STATUS.get(code, 500), irreversible=True)
    assert type(sent) is (kind if proves else PostOutcomeUnknown)
    assert "log 2026" in sent.message


@pytest.mark.parametrize("reason", sorted({*TIKTOK_FAIL_REASON_MEANINGS, *FAILED}))
def test_each_fail_reason_has_a_class(reason: str) -> None:
    error = errors.build_tiktok_fail_reason_error(reason)
    assert (type(error), error.category) == FAILED[reason]
    assert reason in error.message


def test_an_unknown_fail_reason_is_final() -> None:
    assert type(errors.build_tiktok_fail_reason_error("something_new")) is PlatformRefusal
    assert "no reason given" in errors.build_tiktok_fail_reason_error("").message


@pytest.mark.parametrize(
    ("status", "kind", "sent"),
    [
        (200, PlatformRefusal, PostOutcomeUnknown), (400, PlatformRefusal, PostOutcomeUnknown),
        (401, AccessTokenExpired, AccessTokenExpired),
        (403, PlatformRefusal, PostOutcomeUnknown), (408, PostNotSent, PostOutcomeUnknown), (429,
        PlatformThrottled, PlatformThrottled),
        (502, PostNotSent, PostOutcomeUnknown),
    ],
)  # fmt: skip
def test_an_unknown_code_is_classified_by_its_status(
    status: int, kind: type[PlatformError], sent: type[PlatformError]
) -> None:
    assert type(error_for("something_new", status)) is kind
    assert type(error_for("something_new", status, irreversible=True)) is sent


def test_a_cooldown_lasts_as_stated_and_a_daily_caps_an_hour_at_least() -> None:
    slow, cap = (error_for("rate_limit_exceeded", 429, rest="7"), error_for("spam_risk_too_many_posts"))
    assert isinstance(slow, PlatformThrottled)
    assert isinstance(cap, PlatformThrottled)
    assert (slow.after_s, cap.after_s) == (7.0, 3600.0)


BAD: dict[str, Any] = {
    "a page": raw_response(200, "<html>"),
    "no envelope": json_response({"data": {"publish_id": "p"}}),
    "no data": json_response({"error": {"code": "ok"}}),
    "no id": json_response({"data": {}, "error": {"code": "ok"}}),
    "ok with a status that isn't": json_response({"data": {"publish_id": "p"}, "error": {"code": "ok"}}, 500),
    "a number for a code": json_response({"data": {"publish_id": "p"}, "error": {"code": 0}}),
}


@pytest.mark.parametrize("what", sorted(BAD))
async def test_an_empty_response_is_no_success_and_proves_no_absence(what: str) -> None:
    async with server(**{"": [BAD[what]]}) as served, client_for(served) as client:
        tiktok = PlatformApi(client=client, base=served.base, token="t")
        with pytest.raises(PostNotSent):
            await api.init_tiktok_video_post(tiktok, "video/init", b"{}")
        with pytest.raises(PostOutcomeUnknown):
            await api.publish_tiktok_photos(tiktok, b"{}", timeout_s=5)
