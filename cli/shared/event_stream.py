"""Client of the webhook event stream: it reconnects by itself and continues after the last event."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import click
import httpx
import msgspec

from cli.shared.exit_codes import EXIT_SETTINGS_OR_SERVER_UNUSABLE
from cli.shared.remote import (
    ApiAddressAndKey,
    decode_api_error_of_response,
    exit_code_of_response,
    print_response_error,
)
from schemas.webhooks import WebhookStreamStartMessage

#: The API sends a line at least every 15 s.
CLI_WEBHOOK_STREAM_TIMEOUT = httpx.Timeout(45, connect=10)

#: First wait, doubled after each attempt.
FIRST_STREAM_RECONNECT_WAIT_S = 0.2
MAX_STREAM_RECONNECT_WAIT_S = 30.0
#: Duration of a stable connection: the API sends a line every 15 s.
MIN_STABLE_STREAM_CONNECTION_S = 20.0

MessagePrinter = Callable[[str], None]


class ServerSentMessage(NamedTuple):
    """Message of the stream; `id` is the position to continue after. `data` may be empty."""

    kind: str
    id: str
    data: bytes


class StreamReconnectBackoff:
    """Growing wait; a connection that breaks early counts as a failed attempt."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._longest = clock, FIRST_STREAM_RECONNECT_WAIT_S
        self._since: float | None = None

    def record_connection_start(self) -> None:
        self._since = self._clock()

    def reset(self) -> None:
        """Reset the wait before a stream's reconnect to its minimum, after an event has arrived."""
        self._longest = FIRST_STREAM_RECONNECT_WAIT_S

    def take_next_wait_s(self) -> float:
        """Return the seconds until the next attempt: half random, doubling, reset after a stable connection."""
        longest = FIRST_STREAM_RECONNECT_WAIT_S if self._was_connection_stable() else self._longest
        self._longest, self._since = min(MAX_STREAM_RECONNECT_WAIT_S, 2 * longest), None
        return longest * random.uniform(0.5, 1)  # noqa: S311 - jitter

    def _was_connection_stable(self) -> bool:
        return self._since is not None and self._clock() - self._since >= MIN_STABLE_STREAM_CONNECTION_S


class ReconnectingWebhookSseStream:
    """Stream of events that reconnects after a lost connection.

    `WebhookStreamStartMessage.since` is the time from which it has all events.
    """

    def __init__(
        self,
        remote: ApiAddressAndKey,
        query: Mapping[str, str],
        *,
        after: str | None,
        say: MessagePrinter,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._remote, self._query, self._say = remote, query, say
        self._last, self._asked_for = after, after
        self._since: WebhookStreamStartMessage | None = None
        self._backoff, self._sleep, self._is_lost = StreamReconnectBackoff(clock=clock), sleep, False

    def iterate_events(self) -> Iterator[ServerSentMessage]:
        """Yield each webhook event once, over reconnects, without end. End the command if refused for good."""
        with self._remote.open_client() as client:
            while True:
                least_s = 0.0
                try:
                    yield from self._iterate_connection_events(client)
                except httpx.TransportError as error:
                    self._report_lost_connection(str(error) or type(error).__name__)
                except _StreamRetryNeeded as later:
                    self._report_lost_connection(str(later))
                    least_s = later.after_s
                self._sleep(max(least_s, self._backoff.take_next_wait_s()))

    def _iterate_connection_events(self, client: httpx.Client) -> Iterator[ServerSentMessage]:
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": self._last} if self._last else {})
        url = self._remote.build_url("webhook-events/stream")
        with client.stream(
            "GET", url, params=self._query, headers=headers, timeout=CLI_WEBHOOK_STREAM_TIMEOUT
        ) as response:
            if not response.is_success:
                response.read()
                self._handle_refusal(response)
                return
            for message in parse_server_sent_events(response.iter_raw()):
                self._last = message.id
                if message.kind == "listening":
                    self._report_stream_start(msgspec.json.decode(message.data, type=WebhookStreamStartMessage))
                elif message.data:
                    self._backoff.reset()
                    yield message

    def _report_stream_start(self, begun: WebhookStreamStartMessage) -> None:
        self._backoff.record_connection_start()
        self._is_lost = False
        if self._since is None:
            self._say("Ready.")
        elif self._since == begun:
            self._say("Reconnected: no event was missed.")
        else:
            self._say(f"Reconnected. Events before {begun.since:%H:%M:%S} UTC may be missing.")
        self._since = begun

    def _report_lost_connection(self, why: str) -> None:
        """Report that the stream's connection is lost; report nothing more until it is back."""
        if not self._is_lost:
            self._say(f"The connection is lost ({why}): reconnecting.")
        self._is_lost = True

    def _handle_refusal(self, response: httpx.Response) -> None:
        """Raise `_StreamRetryNeeded` for a 429 or a server error except KILL_SWITCH; end the command for other errors.

        Return after a 404 for the last received event, no longer stored: the next connection starts with new events.
        """
        code = response.status_code
        if code == httpx.codes.TOO_MANY_REQUESTS or (response.is_server_error and not is_kill_switch_error(response)):
            after = response.headers.get("Retry-After", "")
            raise _StreamRetryNeeded(f"{code} {response.reason_phrase}", float(after) if after.isdecimal() else 0.0)
        if code == httpx.codes.NOT_FOUND and self._last != self._asked_for:
            self._say(f"{self._last} is no longer stored: continuing with the next events.")
            self._last = self._asked_for = None
            return
        print_response_error(response, None)
        raise click.exceptions.Exit(exit_code_of_response(response) or EXIT_SETTINGS_OR_SERVER_UNUSABLE)


class _StreamRetryNeeded(Exception):
    def __init__(self, why: str, after_s: float) -> None:
        super().__init__(why)
        self.after_s = after_s


def is_kill_switch_error(response: httpx.Response) -> bool:
    """Return whether an API error is KILL_SWITCH: key or organization is switched off, and a retry can't help."""
    return decode_api_error_of_response(response).get("code") == "KILL_SWITCH"


def parse_server_sent_events(chunks: Iterable[bytes]) -> Iterator[ServerSentMessage]:
    """Yield server-sent messages that have an id. Only line feeds end a line: texts may have other breaks."""
    left, fields = b"", dict[str, bytes]()
    for chunk in chunks:
        *lines, left = (left + chunk).split(b"\n")
        for line in lines:
            if line:
                name, _, value = line.partition(b": ")
                fields[name.decode()] = value
                continue
            if "id" in fields:
                kind, data = fields.get("event", b"message"), fields.get("data", b"")
                yield ServerSentMessage(kind.decode(), fields["id"].decode(), data)
            fields = {}
