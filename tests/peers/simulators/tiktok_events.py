"""TikTok's Events API 2.0: `TIKTOK_ADS_URL` is its address. `conversions.py` lists its refusals.

Its responses are 200; their `code` has the result.
"""

from typing import Any

from tests.peers.simulators.conversions import MOST, ConversionsSimulator, InvalidConversion, hash_, money, nobody, only
from tests.peers.simulators.routing import Request, SimReply, as_json

_EVENT = {"event", "event_time", "event_id", "user", "properties", "page", "limited_data_use"}
_NEEDED = {"event", "event_time", "event_id", "user"}
_HASHED = {"email", "phone", "external_id"}
_PLAIN = {"ttclid", "ttp", "ip", "user_agent", "gaid", "idfa"}
_PROPERTIES = {"value", "currency", "order_id", "query", "contents"}
_CALL = {"event_source", "event_source_id", "data", "test_event_code"}

_CODES = {400: 40002, 404: 40002, 429: 40100, 500: 50000}


class TikTokEvents(ConversionsSimulator):
    name = "tiktok_events"

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.routes.add("POST", "/open_api/v1.3/event/track/", self.track)

    def refusal(self, status: int) -> SimReply:
        return said(_CODES[status], status=500 if status == 500 else 200)

    async def track(self, request: Request) -> SimReply:
        self.heard(request)
        try:
            nobody(request.body.decode())
            body = only(request.json(), _CALL, _CALL - {"test_event_code"})
            if not isinstance(body["data"], list) or not 0 < len(body["data"]) <= MOST:
                raise InvalidConversion("how many events")
            pixel = body["event_source_id"]
            self._check_token(request, pixel)
            events = [self.read(event, body["event_source"]) for event in body["data"]]
        except InvalidConversion as error:
            raise self.refuse(str(error), said(40002)) from None
        return self.take(request, pixel, events, said(0))

    def _check_token(self, request: Request, pixel: str) -> None:
        if pixel not in self.tokens:
            raise self.refuse("an unknown pixel", said(40001))
        if self.tokens[pixel] is None or request.headers.get("access-token") != self.tokens[pixel]:
            raise self.refuse("an unknown token", said(40105))

    def read(self, event: object, source: str) -> tuple[str, str]:
        """Return the event's name and id. Raises `InvalidConversion`."""
        found = only(event, _EVENT, _NEEDED)
        name = self.check_name(found["event"])
        self.check_time(found["event_time"])
        user = only(found["user"], _HASHED | _PLAIN)
        for field in _HASHED & user.keys():
            hash_(user[field])
        if not user.keys() - {"user_agent"}:
            raise InvalidConversion("nobody")
        money(only(found.get("properties", {}), _PROPERTIES), name)
        address = only(found.get("page", {"url": ""}), {"url"}, {"url"})["url"]
        if (source == "web") != address.startswith("http") or "?" in address:
            raise InvalidConversion("a website without its page")
        return name, found["event_id"]


def said(code: int, *, status: int = 200) -> SimReply:
    return as_json({"code": code, "message": "said", "request_id": "2026", "data": {}}, status)
