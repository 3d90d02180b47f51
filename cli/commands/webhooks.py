"""`tenantry webhooks`: webhook events on a developer's own machine."""

from collections import Counter
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar, get_args
from uuid import UUID, uuid4

import click
import httpx
import msgspec

from cli.shared.command import CliIdParam, json_output_option
from cli.shared.event_stream import ReconnectingWebhookSseStream, ServerSentMessage
from cli.shared.exit_codes import EXIT_SETTINGS_OR_SERVER_UNUSABLE
from cli.shared.forwarding import (
    CliWebhookForwarder,
    ForwardUrlParam,
    WebhookForwardResult,
    derive_forward_signing_key,
    format_signing_secret,
)
from cli.shared.group import FullSentenceHelpCommandGroup
from cli.shared.output import replace_control_characters
from cli.shared.remote import (
    UNREADABLE_RESPONSE_ERRORS,
    ApiAddressAndKey,
    exit_code_of_response,
    exit_on_lost_api_response,
    find_api_or_exit,
    print_response_error,
)
from schemas import ids
from schemas.webhooks import WebhookEventType

WEBHOOK_EVENT_TYPES: tuple[str, ...] = get_args(WebhookEventType)


T = TypeVar("T")


class _PrintedWebhookEvent(msgspec.Struct):
    """Printed fields of an event; `type` may be a later release's."""

    id: str
    type: str


class CliWebhookEventTypesParam(click.ParamType[str]):
    """Event types, separated by commas."""

    name = "types"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        for event_type in value.split(","):
            if event_type not in WEBHOOK_EVENT_TYPES:
                self.fail(f"{event_type!r} is not an event type: see tenantry webhooks trigger --list", param, ctx)
        return value


@click.group(cls=FullSentenceHelpCommandGroup)
def webhooks() -> None:
    """Receive webhook events on your own machine, and send samples of them."""


@webhooks.command("listen")
@click.option("--forward", "url", type=ForwardUrlParam(), help="Forward each event to this address.")
@click.option("--events", type=CliWebhookEventTypesParam(), metavar="A,B", help="Only events of these types.")
@click.option("--project", "project_id", type=CliIdParam(ids.PROJECT_ID_PREFIX), help="Only events of this project.")
@click.option("--after", type=CliIdParam(ids.WEBHOOK_EVENT_ID_PREFIX), help="Start after this event instead of now.")
@click.option("--print-secret", is_flag=True, help="Print the signing secret, and end.")
@json_output_option
def listen_to_webhook_events(
    *,
    url: str | None,
    events: str | None,
    project_id: UUID | None,
    after: UUID | None,
    print_secret: bool,
    as_json: bool,
) -> None:
    """Print an organization's events as they happen, and forward them to your server, until Ctrl-C.

    It needs no public address. The key in TENANTRY_KEY, or of `bin/up`, selects the organization; a test
    key selects its sandbox. Events are forwarded one at a time and signed like webhooks; the secret is
    the same for each run with one key. An event that your server refuses isn't sent again: use --after.
    After a lost connection the command reconnects and continues after the last event. With --json each
    event is a line of JSON.

    \b
    Examples:
      tenantry webhooks listen --forward http://localhost:4242/hooks
      tenantry webhooks listen --events post.published,post.failed --json | jq .event.data.object
      SECRET=$(tenantry webhooks listen --print-secret)
    """
    remote = find_api_or_exit()
    key = derive_forward_signing_key(remote.key)
    if print_secret:
        click.echo(format_signing_secret(key))
        return
    _print_webhook_listener_start(remote, url, key)
    query = {"type": events, "projectId": project_id and ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id)}
    stream = ReconnectingWebhookSseStream(
        remote,
        {name: value for name, value in query.items() if value},
        after=ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, after) if after else None,
        say=_print_to_stderr,
    )
    _print_and_forward_webhook_events(stream, CliWebhookForwarder(url, key) if url else None, as_json=as_json)


@webhooks.command("trigger")
@click.argument("types", nargs=-1, type=click.Choice(WEBHOOK_EVENT_TYPES), metavar="[TYPE]...")
@click.option("--all", "every", is_flag=True, help="Send one sample of each type.")
@click.option("--list", "listing", is_flag=True, help="Print the types, and end.")
@click.option("--project", "project_id", type=CliIdParam(ids.PROJECT_ID_PREFIX), help="Project of the sample.")
@json_output_option
def send_webhook_samples(
    *, types: tuple[str, ...], every: bool, listing: bool, project_id: UUID | None, as_json: bool
) -> None:
    """Send a sample event to the endpoints with its type, and to `tenantry webhooks listen`.

    A sample has all fields of a real event, about an object that doesn't exist. Only a sandbox has samples:
    use a test key.

    \b
    Examples:
      tenantry webhooks trigger post.published
      tenantry webhooks trigger --all
    """
    if listing:
        click.echo("\n".join(WEBHOOK_EVENT_TYPES))
        return
    chosen_types = WEBHOOK_EVENT_TYPES if every else types
    if not chosen_types:
        raise click.UsageError("give a type, or --all; --list prints the types")
    remote = find_api_or_exit()
    project = {"projectId": ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id)} if project_id else {}
    with exit_on_lost_api_response(), remote.open_client() as client:
        for kind in chosen_types:
            key = {"Idempotency-Key": str(uuid4())}
            body = {"type": kind, **project}
            response = client.post(remote.build_url("sandbox/webhook-events"), json=body, headers=key)
            event = _decode_api_response(response, _PrintedWebhookEvent)
            click.echo(response.content if as_json else f"{event.id}  {event.type}")


def _print_webhook_listener_start(remote: ApiAddressAndKey, url: str | None, key: bytes) -> None:
    """Print organization, API and forwarding address with its secret on stderr; end the command if the API refuses."""
    with exit_on_lost_api_response(), remote.open_client() as client:
        response = client.get(remote.build_url("whoami"))
    who = _decode_api_response(response, dict[str, Any])
    sandbox = " (sandbox)" if who["sandbox"] else ""
    _print_to_stderr(
        f"Listening to events of {replace_control_characters(who['organizationName'])}{sandbox} at {remote.root}."
    )
    if url:
        _print_to_stderr(f"Forwarding to {url}, signed with {format_signing_secret(key)}")


def _decode_api_response(response: httpx.Response, kind: type[T]) -> T:
    """Return an API response decoded as `kind`. End the command for an error or another server's response."""
    if response.is_success:
        with suppress(*UNREADABLE_RESPONSE_ERRORS):
            return msgspec.json.decode(response.content, type=kind)
        click.echo(f"Error: no API at {response.url}: check TENANTRY_API", err=True)
    else:
        print_response_error(response, None)
    raise click.exceptions.Exit(exit_code_of_response(response) or EXIT_SETTINGS_OR_SERVER_UNUSABLE)


def _print_and_forward_webhook_events(
    stream: ReconnectingWebhookSseStream, forwarder: CliWebhookForwarder | None, *, as_json: bool
) -> None:
    counts = Counter[str]()
    with ExitStack() as stack:
        if forwarder:
            stack.enter_context(forwarder)
        try:
            for message in stream.iterate_events():
                sent = forwarder.send(message.id, message.data) if forwarder else None
                counts["events"] += 1
                counts["taken"] += bool(sent and sent.is_accepted)
                click.echo(
                    _encode_webhook_event_output_line(message, sent) if as_json else format_webhook_event(message, sent)
                )
        except KeyboardInterrupt:
            accepted_note = f", {counts['taken']} accepted by your server" if forwarder else ""
            _print_to_stderr(f"\n{counts['events']} events{accepted_note}.")
            raise


#: Length of the longest event type.
WEBHOOK_EVENT_TYPE_COLUMN_WIDTH_CHARS = max(map(len, get_args(WebhookEventType)))


def format_webhook_event(message: ServerSentMessage, sent: WebhookForwardResult | None) -> str:
    """Return a webhook event as one line for a person: local time, type, id, and its forwarding's result, if any."""
    event = msgspec.json.decode(message.data, type=_PrintedWebhookEvent)
    now = datetime.now(UTC).astimezone()
    words = [f"{now:%H:%M:%S}", f"{event.type:<{WEBHOOK_EVENT_TYPE_COLUMN_WIDTH_CHARS}}", event.id]
    if sent and sent.status:
        words.append(f"[{sent.status}] {sent.ms:.0f} ms")
    elif sent:
        words.append(f"[failed] {sent.problem}")
    return "  ".join(words)


def _encode_webhook_event_output_line(message: ServerSentMessage, sent: WebhookForwardResult | None) -> bytes:
    result = sent._asdict() if sent else {"status": None, "ms": None, "problem": None}
    return msgspec.json.encode({**result, "event": msgspec.Raw(message.data)})


def _print_to_stderr(text: str) -> None:
    click.echo(text, err=True)
