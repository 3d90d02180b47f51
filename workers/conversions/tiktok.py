"""TikTok's Events API 2.0: builds an event's payload, and classifies the responses.

Responses have status 200 and a `code`. TikTok deduplicates events by name and id for 48 hours
(business-api.tiktok.com/portal/docs?id=1771100865818625, 2026-11).
"""

from typing import Any

import httpx
import msgspec

from domain.events.conversion_lines import OpenDestination
from domain.events.conversions import Due
from workers.conversions import consent, forms, hashing, person, skipped, verdict
from workers.conversions.person import Tree
from workers.conversions.skipped import Skipped
from workers.conversions.verdict import TAKEN, Verdict
from workers.platforms import http
from workers.platforms.http import Answer, Api

NAME, PATH = "TikTok", "/open_api/v1.3/event/track/"
SEND_S = 20.0

_OK, _LIMIT, _FORBIDDEN, _INVALID = frozenset({0, 20001}), 40100, 40001, 40002
_TOKEN = frozenset({40102, 40104, 40105})


class _Body(msgspec.Struct):
    code: int = -1


def event(to: OpenDestination, due: Due, tree: Tree) -> dict[str, Any] | Skipped:
    """Return the event's payload for TikTok, or the reason to skip it."""
    user, properties = _user(due, tree), _properties(due, tree)
    made: dict[str, Any] = {
        "event": due.event_name,
        "event_time": int(due.occurred_at.timestamp()),
        "event_id": person.event_id(due, tree),
        "user": user,
    }
    if properties:
        made["properties"] = properties
    if consent.limited(tree) is not None:
        made["limited_data_use"] = True
    if due.event_name == "Purchase" and not {"value", "currency"} <= properties.keys():
        return skipped.NO_VALUE
    if not user.keys() - {"user_agent"}:
        return skipped.NO_IDENTIFIER
    if not to.is_web:
        return made
    page = person.page_of(tree)
    return skipped.NO_PAGE if page is None else made | {"page": {"url": page}}


def _user(due: Due, tree: Tree) -> dict[str, str]:
    texts = tree.texts
    advertising = person.advertising_id(tree) if consent.may_track(tree) else None
    system = (tree.text("context", "os", "name") or "").lower()
    external = next(filter(None, map(hashing.hashed_id, person.external_ids(due))), None)
    found = {
        "email": hashing.hashed(texts.get("em", ""), hashing.TIKTOK["email"]),
        "phone": hashing.hashed(texts.get("ph", ""), hashing.TIKTOK["phone"]),
        "external_id": external,
        "ttclid": person.click(tree, "ttclid", forms.ttclid, parameter="ttclid"),
        "ttp": person.click(tree, "ttp", forms.ttp),
        "ip": person.ip(tree),
        "user_agent": person.user_agent(tree),
        "gaid" if system == "android" else "idfa": advertising,
    }
    return {name: value for name, value in found.items() if value}


def _properties(due: Due, tree: Tree) -> dict[str, Any]:
    contents = [
        {"content_id": name, "quantity": count} | ({} if price is None else {"price": price})
        for name, count, price in person.products(tree)
    ]
    found: dict[str, Any] = {
        "order_id": person.order_id(tree),
        "query": person.search_words(tree),
        "contents": contents,
    }
    if due.value_micros is not None and due.currency:
        found |= {"value": due.value_micros / 1e6, "currency": due.currency}
    return {name: value for name, value in found.items() if value not in (None, [])}


async def send(api: Api, to: OpenDestination, events: list[dict[str, Any]]) -> Verdict:
    """Send the events. Raises as `Api.ask` does."""
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
        timeout_s=SEND_S,
        irreversible=True,
    )
    return verdict_of(answer)


def verdict_of(answer: Answer) -> Verdict:
    code = http.read_error(answer, _Body).code
    if answer.status == httpx.codes.TOO_MANY_REQUESTS or code == _LIMIT:
        return verdict.throttled(NAME, http.cooldown_s(answer.headers, reset=""))
    if answer.ok and code in _OK:
        return TAKEN
    if code in _TOKEN or answer.status == httpx.codes.UNAUTHORIZED:
        return verdict.token_refused(NAME)
    if code == _FORBIDDEN:
        return verdict.forbidden(NAME)
    if code == _INVALID or answer.status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        return verdict.bad(NAME, f"code {code}")
    return verdict.unclear(NAME, status=answer.status)
