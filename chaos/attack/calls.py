"""HTTP client of the attack: paces requests, stops at the deadline, and measures each answer."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import httpx
import msgspec

from chaos.attack.document import AttackRoute

#: Timeout of one response in seconds: longer than any long poll of the API.
ATTACK_RESPONSE_TIMEOUT_S = 60.0

#: Attempts of a request under a rate limit. Then it counts as unjudged.
MAX_RATE_LIMITED_ATTACK_ATTEMPTS = 3

#: The status of a request without a response.
NO_RESPONSE_STATUS = 0


class AttackCheckDeadlinePassed(Exception):
    """Raised after the deadline of the current check."""


class AttackResponse(NamedTuple):
    """A response; `status` is 0 if the connection failed."""

    status: int
    body: bytes
    seconds: float

    @property
    def is_conclusive(self) -> bool:
        """Return whether a response can judge a route: it exists, and its status is neither 429 nor 503."""
        return self.status not in {NO_RESPONSE_STATUS, httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}

    def json(self) -> Any:
        """Decode the body as JSON; return None for invalid JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def build_comparable_answer(self) -> Any:
        """Return a response's status and body for comparison, without an error's request id."""
        body = self.json()
        if isinstance(body, dict) and isinstance(body.get("error"), dict):
            error = {name: value for name, value in body["error"].items() if name != "requestId"}
            return self.status, error
        return self.status, self.body


class AttackRequestThrottle:
    """Rate limiter: passes `rate` requests a second until a deadline. Each check sets its deadline; `end` is
    the last.
    """

    def __init__(self, rate: float, seconds: float) -> None:
        self._pause_s, self._next = 1 / rate, time.monotonic()
        self.end = self.deadline = time.monotonic() + seconds
        self.count = 0

    def set_deadline(self, seconds: float) -> None:
        """Set the throttle's deadline to `seconds` from now."""
        self.deadline = time.monotonic() + seconds

    def wait_for_slot(self, pause_s: float = 0.0) -> None:
        """Wait at least `pause_s` for the next request's slot. Raise `AttackCheckDeadlinePassed` if too late."""
        now = time.monotonic()
        at = max(self._next, now + pause_s)
        if at >= self.deadline:
            raise AttackCheckDeadlinePassed
        self._next = at + self._pause_s
        time.sleep(max(0.0, at - now))
        self.count += 1


class AttackClient:
    """HTTP client with one API key or none."""

    def __init__(self, root: str, throttle: AttackRequestThrottle, key: str | None = None) -> None:
        self.throttle = throttle
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=root, headers=headers, timeout=ATTACK_RESPONSE_TIMEOUT_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, method: str, path: str, **options: Any) -> AttackResponse:
        """Send a request, at most three times while the status is 429, after `Retry-After` seconds.

        Return the last response; its status is 0 if the connection failed. Raises `AttackCheckDeadlinePassed`.
        """
        pause_s = 0.0
        for _ in range(MAX_RATE_LIMITED_ATTACK_ATTEMPTS):
            self.throttle.wait_for_slot(pause_s)
            began = time.perf_counter()
            try:
                response = self._client.request(method, path, **options)
            except httpx.TransportError as error:
                return AttackResponse(NO_RESPONSE_STATUS, str(error).encode(), time.perf_counter() - began)
            answer = AttackResponse(response.status_code, response.content, time.perf_counter() - began)
            if answer.status != httpx.codes.TOO_MANY_REQUESTS:
                return answer
            pause_s = _read_retry_after_s(response.headers)
        return answer


def send_sample_body_to_route(caller: AttackClient, route: AttackRoute, path: str) -> AttackResponse:
    """Send a request with the route's sample body; return the response. Raise `AttackCheckDeadlinePassed`."""
    options: dict[str, Any] = {}
    if route.parts is not None:
        options["files"] = {name: (None, value) for name, value in route.parts.items()}
    elif route.body is not None:
        options["json"] = route.body
    return caller.send(route.method, path, **options)


def _read_retry_after_s(headers: Mapping[str, str]) -> float:
    """Return the seconds of the header `Retry-After`; 1 if it is missing or not a number."""
    try:
        return float(headers.get("retry-after", 1))
    except ValueError:
        return 1.0
