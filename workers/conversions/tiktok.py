"""TikTok's Events API 2.0: builds an event's payload, and classifies the responses.

Responses have status 200 and a `code`. TikTok deduplicates events by name and id for 48 hours
(business-api.tiktok.com/portal/docs?id=1771100865818625, 2026-11).
"""

from typing import Any

import httpx
import msgspec

from domain.events.conversion_lines import OpenDestination
from domain.events.conversions import Due
from workers.conversions import consent, formats, hashing, person, verdict
from workers.conversions.person import EventTree
from workers.conversions.verdict import ACCEPTED, SkipReason, Verdict
from workers.platforms import http
from workers.platforms.http import PlatformApi, PlatformResponse

NAME, PATH = "TikTok", "/open_api/v1.3/event/track/"
SEND_TIMEOUT_S = 20.0

_OK, _LIMIT, _FORBIDDEN, _INVALID = frozenset({0, 20001}), 40100, 40001, 40002
_TOKEN = frozenset({40102, 40104, 40105})


class _Body(msgspec.Struct):
    code: int = -1


def build_event(to: OpenDestination, due: Due, tree: EventTree) -> dict[str, Any] | SkipReason:
    """Return the event's payload for TikTok, or the reason to skip it."""
    user, properties = _build_user(due, tree), _build_properties(due, tree)
    event: dict[str, Any] = {
        "event": due.event_name,
        "event_time": int(due.occurred_at.timestamp()),
        "event_id": person.sent_event_id(due, tree),
        "user": user,
    }
    if properties:
        event["properties"] = properties
    if consent.limited_data_use(tree) is not None:
        event["limited_data_use"] = True
    if due.event_name == "Purchase" and not {"value", "currency"} <= properties.keys():
        return verdict.NO_VALUE
    if not user.keys() - {"user_agent"}:
        return verdict.NO_IDENTIFIER
    if not to.is_web:
        return event
    page = person.find_page(tree)
    return verdict.NO_PAGE if page is None else event | {"page": {"url": page}}


def _build_user(due: Due, tree: EventTree) -> dict[str, str]:
    texts = tree.texts
    advertising = person.find_advertising_id(tree) if consent.may_track(tree) else None
    system = (tree.text("context", "os", "name") or "").lower()
    external = next(filter(None, map(hashing.hash_id, person.list_external_ids(due))), None)
    fields = {
        "email": hashing.hash_field(texts.get("em", ""), hashing.TIKTOK_NORMAL_FORMS["email"]),
        "phone": hashing.hash_field(texts.get("ph", ""), hashing.TIKTOK_NORMAL_FORMS["phone"]),
        "external_id": external,
        "ttclid": person.find_click_id(tree, "ttclid", formats.check_ttclid, parameter="ttclid"),
        "ttp": person.find_click_id(tree, "ttp", formats.check_ttp),
        "ip": person.find_ip(tree),
        "user_agent": person.find_user_agent(tree),
        "gaid" if system == "android" else "idfa": advertising,
    }
    return {name: value for name, value in fields.items() if value}


def _build_properties(due: Due, tree: EventTree) -> dict[str, Any]:
    contents = [
        {"content_id": name, "quantity": count} | ({} if price is None else {"price": price})
        for name, count, price in person.list_products(tree)
    ]
    fields: dict[str, Any] = {
        "order_id": person.find_order_id(tree),
        "query": person.find_search_words(tree),
        "contents": contents,
    }
    if due.value_micros is not None and due.currency:
        fields |= {"value": due.value_micros / 1e6, "currency": due.currency}
    return {name: value for name, value in fields.items() if value not in (None, [])}


async def send_events(api: PlatformApi, to: OpenDestination, events: list[dict[str, Any]]) -> Verdict:
    """Send the events. Raises as `PlatformApi.ask` does."""
    body: dict[str, Any] = {
        "event_source": "web" if to.is_web else "app",
        "event_source_id": to.pixel_id,
        "data": events,
    }
    if to.test_event_code:
        body["test_event_code"] = to.test_event_code
    answer = await api.anonymous.ask(
        "POST",
        f"{api.base}{PATH}",
        headers={**http.JSON, "Access-Token": api.token or ""},
        content=msgspec.json.encode(body),
        timeout_s=SEND_TIMEOUT_S,
        irreversible=True,
    )
    return classify_response(answer)


def classify_response(answer: PlatformResponse) -> Verdict:
    code = http.decode_error(answer, _Body).code
    if answer.status == httpx.codes.TOO_MANY_REQUESTS or code == _LIMIT:
        return verdict.rate_limited_verdict(NAME, http.cooldown_s(answer.headers, reset=""))
    if answer.ok and code in _OK:
        return ACCEPTED
    if code in _TOKEN or answer.status == httpx.codes.UNAUTHORIZED:
        return verdict.token_refused(NAME)
    if code == _FORBIDDEN:
        return verdict.pixel_forbidden_verdict(NAME)
    if code == _INVALID or answer.status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        return verdict.bad_event(NAME, f"code {code}")
    return verdict.unclear(NAME, status=answer.status)
