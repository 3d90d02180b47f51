"""Meta's Conversions API: builds an event's payload, and classifies the responses.

One invalid event fails the call, and so does one older than 7 days. Meta deduplicates events by name and id
for 48 hours (developers.facebook.com/docs/marketing-api/conversions-api, 2026-11).
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
from workers.platforms.graph_version import GRAPH_VERSION
from workers.platforms.http import PlatformApi, PlatformResponse

NAME = "Meta"
SEND_TIMEOUT_S = 20.0

_TOKEN, _UNKNOWN_OBJECT = frozenset({102, 190}), (100, 33)
_LIMITS = frozenset({4, 17, 32, 613, *range(80000, 80100)})
_BLOCKED, _UNCLEAR = frozenset({341, 368}), frozenset({1, 2, 5000})
#: Permission errors and errors of the address: the dataset can't be used, for any event.
_PERMISSION = frozenset({3, 10, *range(200, 300), 803, 2500, 2635})
#: Parts of `extinfo`: its start by the operating system, and the context paths of the rest.
_SYSTEMS = {"android": "a2", "ios": "i2", "ipados": "i2"}
_EXTINFO = (
    ("app", "namespace"), ("app", "version"), ("app", "build"), ("os", "version"), ("device", "model"),
    ("locale",), ("timezone",), ("network", "carrier"), ("screen", "width"), ("screen", "height"),
    ("screen", "density"),
)  # fmt: skip
_EXTINFO_LENGTH, _OS_VERSION = 16, 4


class _Error(msgspec.Struct):
    code: int = 0
    error_subcode: int | None = None


class _Body(msgspec.Struct):
    error: _Error = msgspec.field(default_factory=_Error)


class _EventsReceived(msgspec.Struct):
    events_received: int


def build_event(to: OpenDestination, due: Due, tree: EventTree) -> dict[str, Any] | SkipReason:
    """Return the event's payload for Meta, or the reason to skip it."""
    user, custom = _build_user(due, tree), _build_custom_data(due, tree)
    event: dict[str, Any] = {
        "event_name": due.event_name,
        "event_time": int(due.occurred_at.timestamp()),
        "event_id": person.sent_event_id(due, tree),
        "action_source": "website" if to.is_web else "app",
        "user_data": user,
    }
    if custom:
        event["custom_data"] = custom
    if (region := consent.limited_data_use(tree)) is not None:
        event |= {
            "data_processing_options": ["LDU"],
            "data_processing_options_country": region[0],
            "data_processing_options_state": region[1],
        }
    if due.event_name == "Purchase" and not {"value", "currency"} <= custom.keys():
        return verdict.NO_VALUE
    return _build_web_event(event, user, tree) if to.is_web else _build_app_event(event, user, to, tree)


def _build_web_event(
    event: dict[str, Any], user: dict[str, Any], tree: EventTree
) -> dict[str, Any] | SkipReason:
    page = person.find_page(tree)
    if "client_user_agent" not in user:
        return verdict.NO_USER_AGENT
    if page is None:
        return verdict.NO_PAGE
    if not user.keys() - {"client_user_agent"}:
        return verdict.NO_IDENTIFIER
    return event | {"event_source_url": page}


def _build_app_event(
    event: dict[str, Any], user: dict[str, Any], to: OpenDestination, tree: EventTree
) -> dict[str, Any] | SkipReason:
    system = _SYSTEMS.get((tree.text("context", "os", "name") or to.platform).lower())
    extinfo = [system or "", *(person.find_label(tree, *path) or "" for path in _EXTINFO)]
    extinfo += [""] * (_EXTINFO_LENGTH - len(extinfo))
    if system is None or not extinfo[_OS_VERSION]:
        return verdict.NO_DEVICE
    if not user.keys() - {"client_user_agent"}:
        return verdict.NO_IDENTIFIER
    tracked = consent.may_track(tree)
    app = {
        "advertiser_tracking_enabled": int(tracked),
        "application_tracking_enabled": 1,
        "extinfo": extinfo,
    }
    return event | {"app_data": app}


def _build_user(due: Due, tree: EventTree) -> dict[str, Any]:
    """Return all identifiers of the person. Lists are sorted: the same event gives the same text."""
    texts = tree.texts
    hashed: dict[str, Any] = {
        name: [value]
        for name, normal in hashing.META_NORMAL_FORMS.items()
        if name in texts and (value := hashing.hash_field(texts[name], normal))
    }
    id_hashes = filter(None, map(hashing.hash_id, person.list_external_ids(due)))
    if external := sorted(set(id_hashes)):
        hashed["external_id"] = external
    plain = {
        "client_ip_address": person.find_ip(tree),
        "client_user_agent": person.find_user_agent(tree),
        "fbc": person.find_click_id(tree, "fbc", formats.check_fbc),
        "fbp": person.find_click_id(tree, "fbp", formats.check_fbp),
        "madid": person.find_advertising_id(tree) if consent.may_track(tree) else None,
    }
    return hashed | {name: value for name, value in plain.items() if value}


def _build_custom_data(due: Due, tree: EventTree) -> dict[str, Any]:
    contents = [
        {"id": name, "quantity": count} | ({} if price is None else {"item_price": price})
        for name, count, price in person.list_products(tree)
    ]
    fields: dict[str, Any] = {
        "order_id": person.find_order_id(tree),
        "search_string": person.find_search_words(tree),
        "contents": contents,
    }
    if due.value_micros is not None and due.currency:
        fields |= {"value": due.value_micros / 1e6, "currency": due.currency.lower()}
    return {name: value for name, value in fields.items() if value not in (None, [])}


async def send_events(api: PlatformApi, to: OpenDestination, events: list[dict[str, Any]]) -> Verdict:
    """Send the events; the token goes into a header. Raises as `PlatformApi.ask` does."""
    body: dict[str, Any] = {"data": events}
    if to.test_event_code:
        body["test_event_code"] = to.test_event_code
    answer = await api.ask(
        "POST",
        f"{api.base}/{GRAPH_VERSION}/{to.pixel_id}/events",
        headers=http.JSON,
        content=msgspec.json.encode(body),
        timeout_s=SEND_TIMEOUT_S,
        irreversible=True,
    )
    return classify_response(answer, len(events))


def classify_response(answer: PlatformResponse, count: int) -> Verdict:
    if answer.ok:
        return ACCEPTED if _count_received(answer) == count else verdict.unclear(NAME, status=answer.status)
    error = http.decode_error(answer, _Body).error
    if (closed := _classify_destination_error(answer, error)) is not None:
        return closed
    is_known_code = error.code and error.code not in _UNCLEAR
    if answer.status == httpx.codes.REQUEST_ENTITY_TOO_LARGE or (answer.refused and is_known_code):
        return verdict.bad_event(NAME, f"code {error.code}, {error.error_subcode or 0}")
    return verdict.unclear(NAME, status=answer.status)


def _classify_destination_error(answer: PlatformResponse, error: _Error) -> Verdict | None:
    """Return the verdict on the destination as a whole, for any event; None if the response has none."""
    if answer.status == httpx.codes.TOO_MANY_REQUESTS or error.code in _LIMITS:
        return verdict.rate_limited_verdict(NAME, http.cooldown_s(answer.headers, reset=""))
    if error.code in _TOKEN:
        return verdict.token_refused(NAME)
    if error.code in _PERMISSION or (error.code, error.error_subcode) == _UNKNOWN_OBJECT:
        return verdict.pixel_forbidden_verdict(NAME)
    return verdict.pixel_blocked_verdict(NAME) if error.code in _BLOCKED else None


def _count_received(answer: PlatformResponse) -> int | None:
    """Return the count of accepted events; None for an unreadable response: the count is then unknown."""
    try:
        return msgspec.json.decode(answer.body, type=_EventsReceived).events_received
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
