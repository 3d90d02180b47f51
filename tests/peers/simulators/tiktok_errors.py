"""TikTok's envelopes, and each error code with its HTTP status from the reference pages."""

import itertools
from typing import Any

from tests.peers.simulators.routing import Refused, SimReply, as_json

STATUS = {
    "ok": 200,
    "invalid_param": 400,
    "invalid_params": 400,
    "invalid_publish_id": 400,
    "publish_not_cancellable": 400,
    "scope_permission_missed": 400,
    "token_not_authorized_for_specified_publish_id": 400,
    "access_token_invalid": 401,
    "scope_not_authorized": 401,
    "privacy_level_option_mismatch": 403,
    "reached_active_user_cap": 403,
    "spam_risk": 403,
    "spam_risk_text": 403,
    "spam_risk_too_many_pending_share": 403,
    "spam_risk_too_many_posts": 403,
    "spam_risk_user_banned_from_posting": 403,
    "unaudited_client_can_only_post_to_private_accounts": 403,
    "url_ownership_unverified": 403,
    "not_found": 404,
    "rate_limit_exceeded": 429,
    "internal_error": 500,
}

#: Values of `fail_reason`.
FAIL_REASONS = frozenset(
    """
    auth_removed duration_check_failed file_format_check_failed frame_rate_check_failed internal
    photo_pull_failed picture_size_check_failed publish_cancelled spam_risk spam_risk_text
    spam_risk_too_many_posts spam_risk_user_banned_from_posting video_pull_failed
    """.split()
)

_log_ids = itertools.count(20261125000000000000)


def envelope(data: Any, code: str = "ok", message: str = "", status: int | None = None) -> SimReply:
    error = {"code": code, "message": message, "log_id": str(next(_log_ids))}
    return as_json({"data": data, "error": error}, STATUS[code] if status is None else status)


def refused(code: str, message: str, status: int | None = None) -> Refused:
    return Refused(envelope({}, code, message, status))


def oauth_refused(error: str, description: str, status: int = 400) -> Refused:
    """Return a refusal of the token and revoke calls in their flat form."""
    said = {"error": error, "error_description": description, "log_id": str(next(_log_ids))}
    return Refused(as_json(said, status, **{"Cache-Control": "no-store"}))
