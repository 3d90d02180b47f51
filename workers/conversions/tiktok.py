"""TikTok's Events API 2.0: builds an event's payload, and classifies the responses.

Responses have status 200 and a `code`. TikTok deduplicates events by name and id for 48 hours
(business-api.tiktok.com/portal/docs?id=1771100865818625, 2026-11).
"""

from typing import Any

import httpx
import msgspec

from domain.events.conversion_lines import OpenConversionDestination
from domain.events.conversions import DueConversion
from workers.conversions import consent, formats, hashing, person, verdict
from workers.conversions.person import ConversionEventJson
from workers.conversions.verdict import CONVERSIONS_ACCEPTED_VERDICT, ConversionCallVerdict, ConversionSkipReason
from workers.platforms import http
from workers.platforms.http import PlatformApi, PlatformResponse

TIKTOK_DISPLAY_NAME, TIKTOK_EVENTS_PATH = "TikTok", "/open_api/v1.3/event/track/"
TIKTOK_CONVERSIONS_CALL_TIMEOUT_S = 20.0

_TIKTOK_SUCCESS_CODES, _TIKTOK_RATE_LIMIT_CODE, _TIKTOK_PIXEL_FORBIDDEN_CODE, _TIKTOK_INVALID_EVENT_CODE = (
    frozenset({0, 20001}),
    40100,
    40001,
    40002,
)
_TIKTOK_TOKEN_ERROR_CODES = frozenset({40102, 40104, 40105})


class _TikTokResponseBody(msgspec.Struct):
    code: int = -1


def build_tiktok_event(
    to: OpenConversionDestination, due: DueConversion, tree: ConversionEventJson
) -> dict[str, Any] | ConversionSkipReason:
    """Return a conversion's payload for TikTok, or the reason to skip it, such as a purchase without a value."""
    user = _build_tiktok_event_user(due, tree)
    properties = person.build_order_fields(due, tree, search="query", product_id="content_id", price="price")
    event: dict[str, Any] = {
        "event": due.event_name,
        "event_time": int(due.occurred_at.timestamp()),
        "event_id": person.build_sent_event_id(due, tree),
        "user": user,
    }
    if properties:
        event["properties"] = properties
    if consent.read_limited_data_use_codes(tree) is not None:
        event["limited_data_use"] = True
    if due.event_name == "Purchase" and not {"value", "currency"} <= properties.keys():
        return verdict.CONVERSION_SKIP_NO_PURCHASE_VALUE
    if not user.keys() - {"user_agent"}:
        return verdict.CONVERSION_SKIP_NO_PERSON_ID
    if not to.is_web_destination:
        return event
    page = person.find_event_page_url(tree)
    return verdict.CONVERSION_SKIP_NO_PAGE_URL if page is None else event | {"page": {"url": page}}


def _build_tiktok_event_user(due: DueConversion, tree: ConversionEventJson) -> dict[str, str]:
    texts = tree.person_texts_by_meta_field
    advertising = person.find_event_advertising_id(tree) if consent.does_device_allow_tracking(tree) else None
    system = (tree.find_text_at_path("context", "os", "name") or "").lower()
    external = next(filter(None, map(hashing.hash_user_id, person.list_event_user_ids(due))), None)
    fields = {
        "email": hashing.hash_personal_field(texts.get("em", ""), hashing.NORMALIZER_BY_TIKTOK_FIELD["email"]),
        "phone": hashing.hash_personal_field(texts.get("ph", ""), hashing.NORMALIZER_BY_TIKTOK_FIELD["phone"]),
        "external_id": external,
        "ttclid": person.find_event_click_or_browser_id(tree, "ttclid", formats.check_ttclid, parameter="ttclid"),
        "ttp": person.find_event_click_or_browser_id(tree, "ttp", formats.check_ttp),
        "ip": person.find_event_ip_address(tree),
        "user_agent": person.find_event_user_agent(tree),
        "gaid" if system == "android" else "idfa": advertising,
    }
    return {name: value for name, value in fields.items() if value}


async def send_tiktok_events(
    api: PlatformApi, to: OpenConversionDestination, events: list[dict[str, Any]]
) -> ConversionCallVerdict:
    """Send conversion events to TikTok's Events API in one call; return the verdict on its response.

    Raise a `PlatformError` without a response, as `PlatformApi.send_request` does.
    """
    body: dict[str, Any] = {
        "event_source": "web" if to.is_web_destination else "app",
        "event_source_id": to.pixel_id,
        "data": events,
    }
    if to.test_event_code:
        body["test_event_code"] = to.test_event_code
    answer = await api.without_token.send_request(
        "POST",
        f"{api.base}{TIKTOK_EVENTS_PATH}",
        headers={**http.PLATFORM_JSON_CONTENT_TYPE_HEADER, "Access-Token": api.token or ""},
        content=msgspec.json.encode(body),
        timeout_s=TIKTOK_CONVERSIONS_CALL_TIMEOUT_S,
        irreversible=True,
    )
    return classify_tiktok_response(answer)


def classify_tiktok_response(answer: PlatformResponse) -> ConversionCallVerdict:
    code = http.decode_platform_error(answer, _TikTokResponseBody).code
    if answer.status == httpx.codes.TOO_MANY_REQUESTS or code == _TIKTOK_RATE_LIMIT_CODE:
        return verdict.build_pixel_rate_limited_verdict(
            TIKTOK_DISPLAY_NAME, http.read_platform_cooldown_s(answer.headers, reset="")
        )
    if answer.ok and code in _TIKTOK_SUCCESS_CODES:
        return CONVERSIONS_ACCEPTED_VERDICT
    if code in _TIKTOK_TOKEN_ERROR_CODES or answer.status == httpx.codes.UNAUTHORIZED:
        return verdict.build_token_refused_verdict(TIKTOK_DISPLAY_NAME)
    if code == _TIKTOK_PIXEL_FORBIDDEN_CODE:
        return verdict.build_pixel_forbidden_verdict(TIKTOK_DISPLAY_NAME)
    if code == _TIKTOK_INVALID_EVENT_CODE or answer.status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        return verdict.build_bad_event_verdict(TIKTOK_DISPLAY_NAME, f"code {code}")
    return verdict.build_unclear_call_verdict(TIKTOK_DISPLAY_NAME, status=answer.status)
