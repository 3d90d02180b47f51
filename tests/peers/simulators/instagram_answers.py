"""Instagram's answers: its errors, and the headers that say how much has been called."""

import json
import secrets

import msgspec

from tests.peers.simulators.instagram_errors import Refusal, envelope
from tests.peers.simulators.routing import Answer, as_json

_LITTLE, _ALL = 3, 100
#: Limits of the whole application; that of an account is told with the minutes until it ends.
_APP_WIDE = frozenset({4, 17, 32})


def told(refusal: Refusal, user_id: str | None) -> Answer:
    answer = as_json(envelope(refusal, f"A{secrets.token_urlsafe(16)}"), refusal.status)
    if refusal.regain_min is None:
        return with_usage(answer, user_id)
    app_wide = refusal.code in _APP_WIDE
    return with_usage(answer, user_id, app=_ALL if app_wide else _LITTLE, regain_min=refusal.regain_min)


def with_usage(
    answer: Answer, user_id: str | None, *, app: int = _LITTLE, regain_min: int | None = None
) -> Answer:
    """In hundredths of an hour's calls; `regain_min` of an account that has called too much."""
    headers = {**answer.headers, "X-App-Usage": json.dumps(_usage(app))}
    if user_id:
        full = regain_min is not None and app < _ALL
        own = {"type": "instagram", **_usage(_ALL if full else _LITTLE)}
        own["estimated_time_to_regain_access"] = regain_min if full and regain_min else 0
        headers["X-Business-Use-Case-Usage"] = json.dumps({user_id: [own]})
    return msgspec.structs.replace(answer, headers=headers)


def _usage(most: int) -> dict[str, int | str]:
    return {"call_count": most, "total_cputime": most // 4, "total_time": most // 4}
