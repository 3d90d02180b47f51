"""HTTP client of the attack: paces requests, stops at the deadline, and measures each answer."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import httpx
import msgspec

from rehearsal.attack.document import Route

#: Seconds for one answer: longer than an API holds any request.
TIMEOUT_S = 60.0

#: Rate limits that one request waits for before it counts as unjudged.
MAX_WAITS = 3

#: The status of a request that no answer came to.
NO_ANSWER = 0


class OutOfTime(Exception):
    """The time of this part of the attack is over."""


class Answer(NamedTuple):
    """`status` is 0 where the connection broke."""

    status: int
    body: bytes
    seconds: float

    @property
    def is_judged(self) -> bool:
        """False for an answer that says nothing of the route: over a limit, or none."""
        return self.status not in {NO_ANSWER, httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}

    def json(self) -> Any:
        """Decode the body as JSON; None if it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def said(self) -> Any:
        """Return status and body, without the request id."""
        found = self.json()
        if isinstance(found, dict) and isinstance(found.get("error"), dict):
            error = {name: value for name, value in found["error"].items() if name != "requestId"}
            return self.status, error
        return self.status, self.body


class Throttle:
    """Lets through `rate` requests a second until the deadline, which each part moves, up to `end`."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._pause_s, self._next = 1 / rate, time.monotonic()
        self.end = self.deadline = time.monotonic() + seconds
        self.count = 0

    def extend(self, seconds: float) -> None:
        """Move the deadline: so many seconds from now."""
        self.deadline = time.monotonic() + seconds

    def wait(self, pause_s: float = 0.0) -> None:
        """Wait for the next turn, `pause_s` at least. Raises `OutOfTime` after the deadline."""
        now = time.monotonic()
        at = max(self._next, now + pause_s)
        if at >= self.deadline:
            raise OutOfTime
        self._next = at + self._pause_s
        time.sleep(max(0.0, at - now))
        self.count += 1


class Caller:
    """A client with one key, or with none."""

    def __init__(self, root: str, throttle: Throttle, key: str | None = None) -> None:
        self.throttle = throttle
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=root, headers=headers, timeout=TIMEOUT_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, method: str, path: str, **given: Any) -> Answer:
        """Send a request. Repeats it after `Retry-After` on a 429. Raises `OutOfTime`."""
        pause_s = 0.0
        for _ in range(MAX_WAITS):
            self.throttle.wait(pause_s)
            began = time.perf_counter()
            try:
                response = self._client.request(method, path, **given)
            except httpx.TransportError as error:
                return Answer(NO_ANSWER, str(error).encode(), time.perf_counter() - began)
            answer = Answer(response.status_code, response.content, time.perf_counter() - began)
            if answer.status != httpx.codes.TOO_MANY_REQUESTS:
                return answer
            pause_s = _retry_after(response.headers)
        return answer


def send(caller: Caller, route: Route, path: str) -> Answer:
    """Send a request of the route with a sample body. Raises `OutOfTime`."""
    given: dict[str, Any] = {}
    if route.parts is not None:
        given["files"] = {name: (None, value) for name, value in route.parts.items()}
    elif route.body is not None:
        given["json"] = route.body
    return caller.send(route.method, path, **given)


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds; 1 where the header is missing or no number."""
    try:
        return float(headers.get("retry-after", 1))
    except ValueError:
        return 1.0
