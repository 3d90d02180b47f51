"""Meta's Conversions API: builds an event's payload, and classifies the responses.

One invalid event fails the call, and so does one older than 7 days. Meta deduplicates events by name and id
for 48 hours (developers.facebook.com/docs/marketing-api/conversions-api, 2026-11).
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
from workers.platforms.graph_version import GRAPH_VERSION
from workers.platforms.http import Answer, Api

NAME = "Meta"
SEND_S = 20.0

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


class _Taken(msgspec.Struct):
    events_received: int


def event(to: OpenDestination, due: Due, tree: Tree) -> dict[str, Any] | Skipped:
    """Return the event's payload for Meta, or the reason to skip it."""
    user, custom = _user(due, tree), _custom(due, tree)
    made: dict[str, Any] = {
        "event_name": due.event_name,
        "event_time": int(due.occurred_at.timestamp()),
        "event_id": person.event_id(due, tree),
        "action_source": "website" if to.is_web else "app",
        "user_data": user,
    }
    if custom:
        made["custom_data"] = custom
    if (region := consent.limited(tree)) is not None:
        made |= {
            "data_processing_options": ["LDU"],
            "data_processing_options_country": region[0],
            "data_processing_options_state": region[1],
        }
    if due.event_name == "Purchase" and not {"value", "currency"} <= custom.keys():
        return skipped.NO_VALUE
    return _of_web(made, user, tree) if to.is_web else _of_app(made, user, to, tree)


def _of_web(made: dict[str, Any], user: dict[str, Any], tree: Tree) -> dict[str, Any] | Skipped:
    page = person.page_of(tree)
    if "client_user_agent" not in user:
        return skipped.NO_USER_AGENT
    if page is None:
        return skipped.NO_PAGE
    if not user.keys() - {"client_user_agent"}:
        return skipped.NO_IDENTIFIER
    return made | {"event_source_url": page}


def _of_app(
    made: dict[str, Any], user: dict[str, Any], to: OpenDestination, tree: Tree
) -> dict[str, Any] | Skipped:
    system = _SYSTEMS.get((tree.text("context", "os", "name") or to.platform).lower())
    extinfo = [system or "", *(person.label(tree, *path) or "" for path in _EXTINFO)]
    extinfo += [""] * (_EXTINFO_LENGTH - len(extinfo))
    if system is None or not extinfo[_OS_VERSION]:
        return skipped.NO_DEVICE
    if not user.keys() - {"client_user_agent"}:
        return skipped.NO_IDENTIFIER
    tracked = consent.may_track(tree)
    app = {
        "advertiser_tracking_enabled": int(tracked),
        "application_tracking_enabled": 1,
        "extinfo": extinfo,
    }
    return made | {"app_data": app}


def _user(due: Due, tree: Tree) -> dict[str, Any]:
    """Return all identifiers of the person. Lists are sorted: the same event gives the same text."""
    texts = tree.texts
    found: dict[str, Any] = {
        name: [value]
        for name, normal in hashing.META.items()
        if name in texts and (value := hashing.hashed(texts[name], normal))
    }
    given = filter(None, map(hashing.hashed_id, person.external_ids(due)))
    if external := sorted(set(given)):
        found["external_id"] = external
    plain = {
        "client_ip_address": person.ip(tree),
        "client_user_agent": person.user_agent(tree),
        "fbc": person.click(tree, "fbc", forms.fbc),
        "fbp": person.click(tree, "fbp", forms.fbp),
        "madid": person.advertising_id(tree) if consent.may_track(tree) else None,
    }
    return found | {name: value for name, value in plain.items() if value}


def _custom(due: Due, tree: Tree) -> dict[str, Any]:
    contents = [
        {"id": name, "quantity": count} | ({} if price is None else {"item_price": price})
        for name, count, price in person.products(tree)
    ]
    found: dict[str, Any] = {
        "order_id": person.order_id(tree),
        "search_string": person.search_words(tree),
        "contents": contents,
    }
    if due.value_micros is not None and due.currency:
        found |= {"value": due.value_micros / 1e6, "currency": due.currency.lower()}
    return {name: value for name, value in found.items() if value not in (None, [])}


async def send(api: Api, to: OpenDestination, events: list[dict[str, Any]]) -> Verdict:
    """Send the events. Raises as `Api.ask` does. The token goes into a header, never into an address."""
    body: dict[str, Any] = {"data": events}
    if to.test_event_code:
        body["test_event_code"] = to.test_event_code
    answer = await api.ask(
        "POST",
        f"{api.base}/{GRAPH_VERSION}/{to.pixel_id}/events",
        headers=http.JSON,
        content=msgspec.json.encode(body),
        timeout_s=SEND_S,
        irreversible=True,
    )
    return verdict_of(answer, len(events))


def verdict_of(answer: Answer, count: int) -> Verdict:
    if answer.ok:
        return TAKEN if _received(answer) == count else verdict.unclear(NAME, status=answer.status)
    error = http.read_error(answer, _Body).error
    if (closed := _closed(answer, error)) is not None:
        return closed
    known = error.code and error.code not in _UNCLEAR
    if answer.status == httpx.codes.REQUEST_ENTITY_TOO_LARGE or (answer.refused and known):
        return verdict.bad(NAME, f"code {error.code}, {error.error_subcode or 0}")
    return verdict.unclear(NAME, status=answer.status)


def _closed(answer: Answer, error: _Error) -> Verdict | None:
    """Return the verdict on the destination as a whole, for any event; None if the response has none."""
    if answer.status == httpx.codes.TOO_MANY_REQUESTS or error.code in _LIMITS:
        return verdict.throttled(NAME, http.cooldown_s(answer.headers, reset=""))
    if error.code in _TOKEN:
        return verdict.token_refused(NAME)
    if error.code in _PERMISSION or (error.code, error.error_subcode) == _UNKNOWN_OBJECT:
        return verdict.forbidden(NAME)
    return verdict.blocked(NAME) if error.code in _BLOCKED else None


def _received(answer: Answer) -> int | None:
    """Return the count of accepted events; None for an unreadable response: the count is then unknown."""
    try:
        return msgspec.json.decode(answer.body, type=_Taken).events_received
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
