"""One request and its answer, as far as known: what headers, the access log and metrics say of it."""

import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from api.event_limits import EventStanding
from api.ratelimit import Probation, Standing
from domain.apps.app_keys import KeyedApp
from domain.tenancy.api_keys import Principal
from schemas import ids

NOT_MODIFIED = 304

#: No browser is to take an answer for another type than it says.
NOSNIFF = (b"x-content-type-options", b"nosniff")

#: A page of any origin may read the answer, and when to come again. It has no credentials of ours to send.
FOR_PAGES = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, X-Request-Id"),
]


class RequestState:
    """Made before routing; authentication, rate limit, route and errors each add what they learn."""

    __slots__ = (
        "ahead",
        "app",
        "body",
        "code",
        "event_standing",
        "for_pages",
        "headers",
        "id",
        "principal",
        "probation",
        "rate_class",
        "standing",
        "started",
        "status",
    )

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.id = ids.show_new(ids.REQUEST)
        self.started = time.perf_counter()
        #: The last one of each name, in lower case.
        self.headers: Mapping[bytes, bytes] = dict(headers)
        #: The route's class; None where no limit applies: no such route, or one that asks for no key.
        self.rate_class: str | None = None
        self.principal: Principal | None = None
        self.probation: Probation | None = None
        self.standing: Standing | None = None
        #: Of a request with events, which pages of any origin may send: its app, and how that stands.
        self.for_pages = False
        self.app: KeyedApp | None = None
        self.event_standing: EventStanding | None = None
        self.status = 0
        #: Of a sandbox: how far its clock was ahead as the answer was read, or the write held it.
        self.ahead = timedelta()
        #: Once it was read whole.
        self.body: bytes | None = None
        #: The envelope's code, where the answer is an error.
        self.code: str | None = None

    @property
    def free(self) -> bool:
        """Nothing had changed: a poll that costs the caller nothing."""
        return self.status == NOT_MODIFIED

    def answer_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of every answer, whichever route or error makes it."""
        answer = [(b"x-request-id", self.id.encode()), NOSNIFF]
        if self.for_pages:
            answer += FOR_PAGES
        if self.rate_class is not None:
            answer.append((b"x-ratelimit-endpoint-class", self.rate_class.encode()))
        return answer + self._limits()

    def _limits(self) -> list[tuple[bytes, bytes]]:
        if self.event_standing is not None:
            return self.event_standing.headers()
        if self.standing is not None:
            return (self.standing.given_back() if self.free else self.standing).headers()
        return [] if self.probation is None else self.probation.headers()


def of(scope: Mapping[str, Any]) -> RequestState:
    """The state that an ASGI scope belongs to."""
    found: RequestState = scope["state"]["request_state"]
    return found
