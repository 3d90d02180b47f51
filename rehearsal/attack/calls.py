"""Requests of the attack: paced, within its time, and each answer with what it took."""

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
        """Its body as JSON, or None."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def said(self) -> Any:
        """The status and the body without the id of the request."""
        found = self.json()
        if isinstance(found, dict) and isinstance(found.get("error"), dict):
            error = {name: value for name, value in found["error"].items() if name != "requestId"}
            return self.status, error
        return self.status, self.body


class Pace:
    """Lets through `rate` requests a second until the deadline, which each part moves, up to `end`."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._pause_s, self._next = 1 / rate, time.monotonic()
        self.end = self.deadline = time.monotonic() + seconds
        self.count = 0

    def wait(self, pause_s: float = 0.0) -> None:
        """Waits for its turn, and for `pause_s` at least. Raises `OutOfTime` where that is too late."""
        now = time.monotonic()
        at = max(self._next, now + pause_s)
        if at >= self.deadline:
            raise OutOfTime
        self._next = at + self._pause_s
        time.sleep(max(0.0, at - now))
        self.count += 1


class Caller:
    """One key at the API; without a key nobody."""

    def __init__(self, root: str, pace: Pace, key: str | None = None) -> None:
        self.pace = pace
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=root, headers=headers, timeout=TIMEOUT_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, method: str, path: str, **given: Any) -> Answer:
        """The answer. Waits where a rate limit says for how long. Raises `OutOfTime`."""
        pause_s = 0.0
        for _ in range(MAX_WAITS):
            self.pace.wait(pause_s)
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
    """The answer of a route at a path, to a body that it would take. Raises `OutOfTime`."""
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
