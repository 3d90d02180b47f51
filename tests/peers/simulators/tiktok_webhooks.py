"""TikTok's webhooks: signed, at least once, in no order [D].

Nothing is sent automatically here. `GET /_sim/webhooks` lists due events; `POST /_sim/webhooks/deliver` sends
them.
"""

import hashlib
import hmac
import itertools
from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from tests.peers.simulators.tiktok_people import TikTokApp
from tests.waiting import PATIENCE_S


class TikTokWebhook(msgspec.Struct, kw_only=True):
    """An event; `sent` has the response status of each delivery (0: none)."""

    id: int
    at: float
    event: str
    open_id: str
    content: dict[str, Any]
    sent: list[int] = msgspec.field(default_factory=list)

    def is_due(self) -> bool:
        """Return whether no delivery got a 200: TikTok accepts no other status."""
        return 200 not in self.sent


class Delivery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`order`: `due` (in order of occurrence), `reversed`, or ids; `copies` of each, one after the other."""

    order: str | list[int] = "due"
    copies: int = 1


class TikTokWebhooks:
    def __init__(self, application: TikTokApp) -> None:
        self.all: list[TikTokWebhook] = []
        self._application = application
        self._ids = itertools.count(1)

    def emit(self, at: float, event: str, open_id: str, content: dict[str, Any]) -> None:
        self.all.append(TikTokWebhook(id=next(self._ids), at=at, event=event, open_id=open_id, content=content))
        self.all.sort(key=lambda hook: (hook.at, hook.id))

    def due(self) -> list[TikTokWebhook]:
        return [hook for hook in self.all if hook.is_due()]

    def chosen(self, order: str | Sequence[int]) -> list[TikTokWebhook]:
        """Return the chosen events, also delivered ones by id. Raises ValueError for unknown ones."""
        if isinstance(order, str):
            if order not in {"due", "reversed"}:
                raise ValueError(f"order is due, reversed or a list of ids, not {order}")
            return self.due()[:: -1 if order == "reversed" else 1]
        by_id = {hook.id: hook for hook in self.all}
        if unknown := set(order) - set(by_id):
            raise ValueError(f"no such webhooks: {sorted(unknown)}")
        return [by_id[number] for number in order]

    async def deliver(self, asked: Delivery, now: float) -> list[TikTokWebhook]:
        """Deliver to the application's callback URL."""
        if self._application.callback_url is None:
            raise ValueError("the application has no callback_url: POST /_sim/app")
        chosen = [hook for hook in self.chosen(asked.order) for _ in range(asked.copies)]
        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False, verify=False) as http:
            for hook in chosen:
                hook.sent.append(await self._sent(http, self._application.callback_url, hook, now))
        return chosen

    async def _sent(self, http: httpx.AsyncClient, url: str, hook: TikTokWebhook, now: float) -> int:
        body = self.body(hook)
        signed = signature(self._application.client_secret, body, int(now))
        headers = {"Content-Type": "application/json", "TikTok-Signature": signed}
        try:
            return (await http.post(url, content=body, headers=headers)).status_code
        except httpx.TransportError:
            return 0

    def body(self, hook: TikTokWebhook) -> bytes:
        """Return the body; `content` is a JSON string within the JSON."""
        return msgspec.json.encode(
            {
                "client_key": self._application.client_key,
                "event": hook.event,
                "create_time": int(hook.at),
                "user_openid": hook.open_id,
                "content": msgspec.json.encode(hook.content).decode(),
            }
        )


def signature(secret: str, body: bytes, at: int) -> str:
    """Return the header's value: HMAC-SHA256, in hex, over the time, a dot and the body."""
    digest = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},s={digest}"
