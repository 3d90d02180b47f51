"""`tenantry webhooks`: what a partner's developer does with events on their own machine."""

from collections import Counter
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar, get_args
from uuid import UUID, uuid4

import click
import httpx
import msgspec

from cli.shared.command import Id, json_option
from cli.shared.event_stream import EventStream, Message
from cli.shared.exit_codes import UNUSABLE
from cli.shared.forwarding import Address, Forwarder, Sent, key_of, shown
from cli.shared.group import CommandGroup
from cli.shared.output import printable
from cli.shared.remote import UNREADABLE, Remote, answered, complain, exit_code, reach
from schemas import ids
from schemas.webhooks import WebhookEventType

TYPES: tuple[str, ...] = get_args(WebhookEventType)


T = TypeVar("T")


class _Event(msgspec.Struct):
    """An event as far as it is printed. A later release may have brought its type."""

    id: str
    type: str


class Types(click.ParamType[str]):
    """Types of events, with commas between them."""

    name = "types"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        for one in value.split(","):
            if one not in TYPES:
                self.fail(f"{one!r} is no type of event: tenantry webhooks trigger --list", param, ctx)
        return value


@click.group(cls=CommandGroup)
def webhooks() -> None:
    """Receive webhook events on your own machine, and send samples of them."""


@webhooks.command("listen")
@click.option("--forward", "url", type=Address(), help="Send each event on to this address.")
@click.option("--events", type=Types(), metavar="A,B", help="Only of these types.")
@click.option("--project", "project_id", type=Id(ids.PROJECT), help="Only of this project.")
@click.option("--after", type=Id(ids.WEBHOOK_EVENT), help="Begin behind this event, not with the next one.")
@click.option("--print-secret", is_flag=True, help="Print what events are signed with, and end.")
@json_option
def listen(
    *,
    url: str | None,
    events: str | None,
    project_id: UUID | None,
    after: UUID | None,
    print_secret: bool,
    as_json: bool,
) -> None:
    """Print an organization's events as they happen, and send them on to a server of yours, until Ctrl-C.

    It needs no address that anybody else could reach. Events are those of the key in TENANTRY_KEY, or of
    `bin/up`; a test key has those of its sandbox. They are sent on one after the other, signed as webhooks
    are, with a secret that is the same each time with one key. What your server doesn't take isn't sent
    again: begin with --after. Where the connection is lost it connects again, and goes on behind the last
    event. With --json each is a line of JSON, with the whole event.

    \b
    Examples:
      tenantry webhooks listen --forward http://localhost:4242/hooks
      tenantry webhooks listen --events post.published,post.failed --json | jq .event.data.object
      SECRET=$(tenantry webhooks listen --print-secret)
    """
    remote = reach()
    key = key_of(remote.key)
    if print_secret:
        click.echo(shown(key))
        return
    _announce(remote, url, key)
    query = {"type": events, "projectId": project_id and ids.show(ids.PROJECT, project_id)}
    stream = EventStream(
        remote,
        {name: value for name, value in query.items() if value},
        after=ids.show(ids.WEBHOOK_EVENT, after) if after else None,
        say=_say,
    )
    _follow(stream, Forwarder(url, key) if url else None, as_json=as_json)


@webhooks.command("trigger")
@click.argument("types", nargs=-1, type=click.Choice(TYPES), metavar="[TYPE]...")
@click.option("--all", "every", is_flag=True, help="One of each type.")
@click.option("--list", "listing", is_flag=True, help="Print the types, and end.")
@click.option("--project", "project_id", type=Id(ids.PROJECT), help="As if it happened in this project.")
@json_option
def trigger(
    *, types: tuple[str, ...], every: bool, listing: bool, project_id: UUID | None, as_json: bool
) -> None:
    """Send a sample of an event to all who want its type: endpoints, and `tenantry webhooks listen`.

    It has all that a real one has, about something that there isn't. Only a sandbox has samples: use a test
    key.

    \b
    Examples:
      tenantry webhooks trigger post.published
      tenantry webhooks trigger --all
    """
    if listing:
        click.echo("\n".join(TYPES))
        return
    wanted = TYPES if every else types
    if not wanted:
        raise click.UsageError("name a type, or all of them with --all; --list prints them")
    remote = reach()
    project = {"projectId": ids.show(ids.PROJECT, project_id)} if project_id else {}
    with answered(), remote.client() as client:
        for kind in wanted:
            key = {"Idempotency-Key": str(uuid4())}
            body = {"type": kind, **project}
            response = client.post(remote.url("sandbox/webhook-events"), json=body, headers=key)
            made = _understood(response, _Event)
            click.echo(response.content if as_json else f"{made.id}  {made.type}")


def _announce(remote: Remote, url: str | None, key: bytes) -> None:
    """Say whose events they are. It ends the command where the key opens nothing."""
    with answered(), remote.client() as client:
        response = client.get(remote.url("whoami"))
    who = _understood(response, dict[str, Any])
    sandbox = " (sandbox)" if who["sandbox"] else ""
    _say(f"Listening to events of {printable(who['organizationName'])}{sandbox} at {remote.root}.")
    if url:
        _say(f"They are sent on to {url}, signed with {shown(key)}")


def _understood(response: httpx.Response, kind: type[T]) -> T:
    """The API's answer. It ends the command where that is an error, or something else has answered."""
    if response.is_success:
        with suppress(*UNREADABLE):
            return msgspec.json.decode(response.content, type=kind)
        click.echo(f"Error: no API answers at {response.url}: look at TENANTRY_API", err=True)
    else:
        complain(response, None)
    raise click.exceptions.Exit(exit_code(response) or UNUSABLE)


def _follow(stream: EventStream, forwarder: Forwarder | None, *, as_json: bool) -> None:
    came = Counter[str]()
    with ExitStack() as stack:
        if forwarder:
            stack.enter_context(forwarder)
        try:
            for message in stream.messages():
                sent = forwarder.send(message.id, message.data) if forwarder else None
                came["events"] += 1
                came["taken"] += bool(sent and sent.is_taken)
                click.echo(_json(message, sent) if as_json else line(message, sent))
        except KeyboardInterrupt:
            taken = f", {came['taken']} taken by your server" if forwarder else ""
            _say(f"\n{came['events']} events{taken}.")
            raise


#: Letters of the longest type of event.
WIDEST = max(map(len, get_args(WebhookEventType)))


def line(message: Message, sent: Sent | None) -> str:
    """An event as a person reads it, and what the server it was sent on to made of it."""
    event = msgspec.json.decode(message.data, type=_Event)
    now = datetime.now(UTC).astimezone()
    words = [f"{now:%H:%M:%S}", f"{event.type:<{WIDEST}}", event.id]
    if sent and sent.status:
        words.append(f"[{sent.status}] {sent.ms:.0f} ms")
    elif sent:
        words.append(f"[failed] {sent.problem}")
    return "  ".join(words)


def _json(message: Message, sent: Sent | None) -> bytes:
    told = sent._asdict() if sent else {"status": None, "ms": None, "problem": None}
    return msgspec.json.encode({**told, "event": msgspec.Raw(message.data)})


def _say(text: str) -> None:
    click.echo(text, err=True)
