"""Meta's Conversions API: builds an event's payload, and classifies the responses.

One invalid event fails the call, and so does one older than 7 days. Meta deduplicates events by name and id
for 48 hours (developers.facebook.com/docs/marketing-api/conversions-api, 2026-11).
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
from workers.platforms.graph_version import META_GRAPH_API_VERSION
from workers.platforms.http import PlatformApi, PlatformResponse

META_DISPLAY_NAME = "Meta"
META_CONVERSIONS_CALL_TIMEOUT_S = 20.0

_META_TOKEN_ERROR_CODES, _META_UNKNOWN_OBJECT_CODE_AND_SUBCODE = frozenset({102, 190}), (100, 33)
_META_RATE_LIMIT_CODES = frozenset({4, 17, 32, 613, *range(80000, 80100)})
_META_BLOCKED_ERROR_CODES, _META_UNCLEAR_ERROR_CODES = frozenset({341, 368}), frozenset({1, 2, 5000})
#: Permission errors and errors of the address: the dataset can't be used, for any event.
_META_PERMISSION_ERROR_CODES = frozenset({3, 10, *range(200, 300), 803, 2500, 2635})
#: Parts of `extinfo`: its start by the operating system, and the context paths of the rest.
_META_EXTINFO_VERSION_BY_OS = {"android": "a2", "ios": "i2", "ipados": "i2"}
_EVENT_CONTEXT_PATHS_FOR_META_EXTINFO = (
    ("app", "namespace"), ("app", "version"), ("app", "build"), ("os", "version"), ("device", "model"),
    ("locale",), ("timezone",), ("network", "carrier"), ("screen", "width"), ("screen", "height"),
    ("screen", "density"),
)  # fmt: skip
_META_EXTINFO_ITEM_COUNT, _META_EXTINFO_OS_VERSION_INDEX = 16, 4


class _MetaError(msgspec.Struct):
    code: int = 0
    error_subcode: int | None = None


class _MetaErrorBody(msgspec.Struct):
    error: _MetaError = msgspec.field(default_factory=_MetaError)


class _MetaEventsReceivedBody(msgspec.Struct):
    events_received: int | None = None


def build_meta_event(
    to: OpenConversionDestination, due: DueConversion, tree: ConversionEventJson
) -> dict[str, Any] | ConversionSkipReason:
    """Return an event's payload for Meta, or the reason to skip it: no value, identifier or page or device data."""
    user = _build_meta_user_data(due, tree)
    custom = person.build_order_fields(due, tree, search="search_string", product_id="id", price="item_price")
    if "currency" in custom:
        custom["currency"] = custom["currency"].lower()
    event: dict[str, Any] = {
        "event_name": due.event_name,
        "event_time": int(due.occurred_at.timestamp()),
        "event_id": person.build_sent_event_id(due, tree),
        "action_source": "website" if to.is_web_destination else "app",
        "user_data": user,
    }
    if custom:
        event["custom_data"] = custom
    if (region := consent.read_limited_data_use_codes(tree)) is not None:
        event |= {
            "data_processing_options": ["LDU"],
            "data_processing_options_country": region[0],
            "data_processing_options_state": region[1],
        }
    if due.event_name == "Purchase" and not {"value", "currency"} <= custom.keys():
        return verdict.CONVERSION_SKIP_NO_PURCHASE_VALUE
    if to.is_web_destination:
        return _build_meta_web_event(event, user, tree)
    return _build_meta_app_event(event, user, to, tree)


def _build_meta_web_event(
    event: dict[str, Any], user: dict[str, Any], tree: ConversionEventJson
) -> dict[str, Any] | ConversionSkipReason:
    page = person.find_event_page_url(tree)
    if "client_user_agent" not in user:
        return verdict.CONVERSION_SKIP_NO_USER_AGENT
    if page is None:
        return verdict.CONVERSION_SKIP_NO_PAGE_URL
    if not user.keys() - {"client_user_agent"}:
        return verdict.CONVERSION_SKIP_NO_PERSON_ID
    return event | {"event_source_url": page}


def _build_meta_app_event(
    event: dict[str, Any], user: dict[str, Any], to: OpenConversionDestination, tree: ConversionEventJson
) -> dict[str, Any] | ConversionSkipReason:
    system = _META_EXTINFO_VERSION_BY_OS.get((tree.find_text_at_path("context", "os", "name") or to.platform).lower())
    labels = (
        tree.find_checked_text("device", formats.keep_device_label_if_no_pii, ("context", *path))
        for path in _EVENT_CONTEXT_PATHS_FOR_META_EXTINFO
    )
    extinfo = [system or "", *(label or "" for label in labels)]
    extinfo += [""] * (_META_EXTINFO_ITEM_COUNT - len(extinfo))
    if system is None or not extinfo[_META_EXTINFO_OS_VERSION_INDEX]:
        return verdict.CONVERSION_SKIP_NO_DEVICE_INFO
    if not user.keys() - {"client_user_agent"}:
        return verdict.CONVERSION_SKIP_NO_PERSON_ID
    tracked = consent.does_device_allow_tracking(tree)
    app = {"advertiser_tracking_enabled": int(tracked), "application_tracking_enabled": 1, "extinfo": extinfo}
    return event | {"app_data": app}


def _build_meta_user_data(due: DueConversion, tree: ConversionEventJson) -> dict[str, Any]:
    """Return a person's ids for Meta: personal data hashed, device data plain, the ad id only if trackable."""
    texts = tree.person_texts_by_meta_field
    hashed: dict[str, Any] = {
        name: [value]
        for name, normal in hashing.NORMALIZER_BY_META_FIELD.items()
        if name in texts and (value := hashing.hash_personal_field(texts[name], normal))
    }
    id_hashes = filter(None, map(hashing.hash_user_id, person.list_event_user_ids(due)))
    if external := sorted(set(id_hashes)):
        hashed["external_id"] = external
    plain = {
        "client_ip_address": person.find_event_ip_address(tree),
        "client_user_agent": person.find_event_user_agent(tree),
        "fbc": person.find_event_click_or_browser_id(tree, "fbc", formats.check_fbc),
        "fbp": person.find_event_click_or_browser_id(tree, "fbp", formats.check_fbp),
        "madid": person.find_event_advertising_id(tree) if consent.does_device_allow_tracking(tree) else None,
    }
    return hashed | {name: value for name, value in plain.items() if value}


async def send_meta_events(
    api: PlatformApi, to: OpenConversionDestination, events: list[dict[str, Any]]
) -> ConversionCallVerdict:
    """Send events to Meta's Conversions API in one call; return the verdict on its response.

    The token goes into a header. Raises as `PlatformApi.send_request` does.
    """
    body: dict[str, Any] = {"data": events}
    if to.test_event_code:
        body["test_event_code"] = to.test_event_code
    answer = await api.send_request(
        "POST",
        f"{api.base}/{META_GRAPH_API_VERSION}/{to.pixel_id}/events",
        headers=http.PLATFORM_JSON_CONTENT_TYPE_HEADER,
        content=msgspec.json.encode(body),
        timeout_s=META_CONVERSIONS_CALL_TIMEOUT_S,
        irreversible=True,
    )
    return classify_meta_response(answer, len(events))


def classify_meta_response(answer: PlatformResponse, count: int) -> ConversionCallVerdict:
    if answer.ok:
        if http.decode_platform_error(answer, _MetaEventsReceivedBody).events_received == count:
            return CONVERSIONS_ACCEPTED_VERDICT
        return verdict.build_unclear_call_verdict(META_DISPLAY_NAME, status=answer.status)
    error = http.decode_platform_error(answer, _MetaErrorBody).error
    if (closed := _classify_meta_destination_error(answer, error)) is not None:
        return closed
    is_known_code = error.code and error.code not in _META_UNCLEAR_ERROR_CODES
    if answer.status == httpx.codes.REQUEST_ENTITY_TOO_LARGE or (answer.was_refused_before_write and is_known_code):
        return verdict.build_bad_event_verdict(META_DISPLAY_NAME, f"code {error.code}, {error.error_subcode or 0}")
    return verdict.build_unclear_call_verdict(META_DISPLAY_NAME, status=answer.status)


def _classify_meta_destination_error(answer: PlatformResponse, error: _MetaError) -> ConversionCallVerdict | None:
    """Return the verdict for an error of Meta that concerns all events of a destination.

    Such errors are of the rate limit, the token, a permission or a block. Return None for any other error.
    """
    if answer.status == httpx.codes.TOO_MANY_REQUESTS or error.code in _META_RATE_LIMIT_CODES:
        return verdict.build_pixel_rate_limited_verdict(
            META_DISPLAY_NAME, http.read_platform_cooldown_s(answer.headers, reset="")
        )
    if error.code in _META_TOKEN_ERROR_CODES:
        return verdict.build_token_refused_verdict(META_DISPLAY_NAME)
    if (
        error.code in _META_PERMISSION_ERROR_CODES
        or (error.code, error.error_subcode) == _META_UNKNOWN_OBJECT_CODE_AND_SUBCODE
    ):
        return verdict.build_pixel_forbidden_verdict(META_DISPLAY_NAME)
    return verdict.build_pixel_blocked_verdict(META_DISPLAY_NAME) if error.code in _META_BLOCKED_ERROR_CODES else None
