"""Meta's Conversions API: `META_API_URL` is its address. `conversions.py` lists its refusals.

One invalid event fails the call, and so does one older than 7 days.
"""

from typing import Any

import msgspec

from tests.peers.simulators.conversions import (
    MOST,
    ConversionsSimulator,
    InvalidConversion,
    hashes,
    money,
    nobody,
    only,
)
from tests.peers.simulators.routing import Request, SimReply, as_json

_EVENT = {
    "event_name", "event_time", "event_id", "action_source", "user_data", "custom_data", "event_source_url",
    "app_data", "data_processing_options", "data_processing_options_country", "data_processing_options_state",
}  # fmt: skip
_NEEDED = {"event_name", "event_time", "event_id", "action_source", "user_data"}
_HASHED = {"em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country", "external_id"}
_PLAIN = {"client_ip_address", "client_user_agent", "fbc", "fbp", "madid"}
_CUSTOM = {"value", "currency", "order_id", "search_string", "contents"}
_APP = {"advertiser_tracking_enabled", "application_tracking_enabled", "extinfo"}
_EXTINFO, _OS_VERSION = 16, 4

_STATUS = {"400": (400, 100), "404": (404, 803), "429": (400, 80004), "500": (500, 1)}


class Meta(ConversionsSimulator):
    name = "meta"

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.routes.add("POST", "/v25.0/{pixel}/events", self.events)

    def refusal(self, status: int) -> SimReply:
        status, code = _STATUS[str(status)]
        return denied(code, status=status)

    async def events(self, request: Request) -> SimReply:
        self.heard(request)
        pixel = request.args["pixel"]
        if pixel not in self.tokens:
            raise self.refuse("an unknown pixel", denied(100, subcode=33))
        if not request.bearer() or request.bearer() != self.tokens[pixel]:
            raise self.refuse("an unknown token", denied(190))
        try:
            nobody(request.body.decode())
            body = only(request.json(), {"data", "test_event_code"}, {"data"})
            if not isinstance(body["data"], list) or not 0 < len(body["data"]) <= MOST:
                raise InvalidConversion("how many events")
            events = [self.read(event) for event in body["data"]]
        except InvalidConversion as error:
            raise self.refuse(str(error), denied(100, subcode=2804003)) from None
        taken = {"events_received": len(events), "messages": [], "fbtrace_id": "A1b2"}
        return self.take(request, pixel, events, as_json(taken))

    def read(self, event: object) -> tuple[str, str]:
        """Return the event's name and id. Raises `InvalidConversion`."""
        found = only(event, _EVENT, _NEEDED)
        name = self.check_name(found["event_name"])
        self.check_time(found["event_time"])
        user = only(found["user_data"], _HASHED | _PLAIN)
        for field in _HASHED & user.keys():
            hashes(user[field])
        if not user.keys() - {"client_user_agent"}:
            raise InvalidConversion("nobody")
        custom = only(found.get("custom_data", {}), _CUSTOM)
        money(custom, name)
        if found["action_source"] == "website":
            self._web(found, user)
        else:
            self._app(found)
        return name, found["event_id"]

    def _web(self, found: Any, user: Any) -> None:
        address = found.get("event_source_url", "")
        if "client_user_agent" not in user or not address.startswith("http") or "?" in address:
            raise InvalidConversion("a website without its page and browser")

    def _app(self, found: Any) -> None:
        app = only(found.get("app_data"), _APP, _APP)
        info = app["extinfo"]
        if found["action_source"] != "app" or len(info) != _EXTINFO or info[0] not in {"a2", "i2"}:
            raise InvalidConversion("an app without its device")
        if not info[_OS_VERSION] or not all(isinstance(one, str) for one in info):
            raise InvalidConversion("a device without its system")
        if not app["advertiser_tracking_enabled"] and "madid" in found["user_data"]:
            raise InvalidConversion("an advertising id without consent")


def denied(code: int, *, subcode: int | None = None, status: int = 400) -> SimReply:
    error = {"message": "said", "type": "OAuthException", "code": code, "fbtrace_id": "A1b2"}
    return as_json({"error": error | ({"error_subcode": subcode} if subcode else {})}, status)


def answer_of(code: int, *, subcode: int | None = None, status: int = 400) -> dict[str, Any]:
    """Return an order for `POST /_sim/answers`."""
    return {"status": status, "body": msgspec.json.decode(denied(code, subcode=subcode).body)}
