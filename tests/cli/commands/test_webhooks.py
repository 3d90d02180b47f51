"""`tenantry webhooks`: forwards each event once to a local server, signed like a delivery."""

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest
import pytest_asyncio
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from standardwebhooks import Webhook

from chaos.loopback_server import serve_loopback_tcp
from cli.__main__ import tenantry as root
from cli.commands.webhooks import WEBHOOK_EVENT_TYPES
from cli.shared.event_stream import ServerSentMessage, parse_server_sent_events
from cli.shared.forwarding import CliWebhookForwarder
from db.pool import Pool
from db.server import find_free_port
from schemas import ids
from tests.api.conftest import ApiCaller, acme, app, open_caller
from tests.api.participants import new_project
from tests.api.webhooks.streaming import emit_event, open_reader
from tests.cli.listening import listening, open_proxy, ran, served
from tests.workers.webhooks.receiver import WebhookReceiver, receiving, says
from workers.webhooks.sending import FIXED_WEBHOOK_HEADERS

__all__ = ["acme", "app"]


@pytest_asyncio.fixture
async def api(app: Litestar) -> AsyncIterator[str]:
    """Address of the API on a real socket."""
    async with served(app) as url:
        yield url


@pytest_asyncio.fixture
async def sandbox(app: Litestar, pool: Pool) -> AsyncIterator[ApiCaller]:
    async with open_caller(app, pool, "Acme", env="test") as caller:
        yield caller


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with receiving(says(204)) as opened:
        yield opened


def checked(receiver: WebhookReceiver, secret: str) -> list[str]:
    """Verify each received signature with the standard's library, and return the ids."""
    for request in receiver.asked:
        Webhook(secret).verify(request.body, request.headers)
    return [request.headers["webhook-id"] for request in receiver.asked]


async def test_a_forwarded_event_equals_a_delivery(
    api: str, sandbox: ApiCaller, pool: Pool, receiver: WebhookReceiver, tmp_path: Path
) -> None:
    project = await new_project(sandbox)
    async with listening(api, sandbox.key, "--forward", receiver.url, folder=tmp_path) as command:
        await sandbox.http.delete(f"/v1/projects/{project}")
        [line] = await command.lines(1)
        assert await command.interrupt() == 130
    [secret] = re.findall(r"whsec_\S+", command.said.decode())
    [event_id] = checked(receiver, secret)
    [asked] = receiver.asked
    assert asked.body == await pool.fetchval("select body from webhook_event")
    assert asked.headers.items() >= {name.lower(): value for name, value in FIXED_WEBHOOK_HEADERS.items()}.items()
    assert (line["status"], line["problem"], line["event"]["id"]) == (204, None, event_id)
    assert line["event"] == asked.json
    assert b"1 events, 1 accepted by your server." in command.said
    assert b"Acme (sandbox)" in command.said
    assert sandbox.key.encode() not in command.said + command.printed


async def test_cut_connections_lose_and_double_no_event(
    api: str, sandbox: ApiCaller, pool: Pool, receiver: WebhookReceiver, tmp_path: Path
) -> None:
    """Cut each response anywhere: one or two events pass, and a part of the next."""
    async with open_proxy(api) as way:
        forward = ("--forward", receiver.url)
        async with listening(way.url, sandbox.key, *forward, folder=tmp_path) as command:
            way.most = 2000
            way.cut()
            sent = [await emit_event(pool, sandbox.organization_id) for _ in range(9)]
            await command.lines(len(sent))
            stderr = await command.wait_for_stderr("Reconnected: no event was missed.")
            assert stderr.count("Reconnected") > 2
            [secret] = re.findall(r"whsec_\S+", stderr)
            assert checked(receiver, secret) == sent


async def test_an_unreachable_server_is_reported_in_text_and_the_next_event_follows(
    api: str, sandbox: ApiCaller, pool: Pool, tmp_path: Path
) -> None:
    address = f"http://127.0.0.1:{find_free_port()}/hooks"
    async with listening(api, sandbox.key, "--forward", address, folder=tmp_path, flags=()) as command:
        sent = [await emit_event(pool, sandbox.organization_id) for _ in range(2)]
        await command.wait_for_lines(2)
    lines = command.printed.decode().splitlines()
    assert [line.split()[1:4] for line in lines] == [["job.failed", event, "[failed]"] for event in sent]
    assert all("check that your server runs there" in line for line in lines)
    assert b"2 events, 0 accepted by your server." in command.said


async def test_an_endless_response_does_not_block() -> None:
    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with serve_loopback_tcp(answer) as port:
        with CliWebhookForwarder(f"http://127.0.0.1:{port}/", b"key") as forwarder:
            sent = await asyncio.to_thread(forwarder.send, "evt_1", b"{}")
    assert (sent.status, sent.problem) == (200, None)


async def test_redirects_are_not_followed(
    api: str, sandbox: ApiCaller, pool: Pool, receiver: WebhookReceiver, tmp_path: Path
) -> None:
    async with (
        receiving(says(302, location=receiver.url)) as moved,
        listening(api, sandbox.key, "--forward", moved.url, folder=tmp_path) as command,
    ):
        await emit_event(pool, sandbox.organization_id)
        [line] = await command.lines(1)
    assert (line["status"], receiver.asked) == (302, [])


async def test_a_killed_key_ends_listen(api: str, sandbox: ApiCaller, pool: Pool, tmp_path: Path) -> None:
    async with listening(api, sandbox.key, folder=tmp_path) as command:
        await emit_event(pool, sandbox.organization_id)
        [line] = await command.lines(1)
        assert (line["status"], line["event"]["type"]) == (None, "job.failed")
        await pool.execute("update api_key set killed_at = now()")
        await emit_event(pool, sandbox.organization_id)
        assert await command.process.wait() == 5
    assert b"KILL_SWITCH" in command.said
    assert command.printed.count(b"\n") == 1


Webhooks: TypeAlias = Callable[..., Awaitable[Result]]


@pytest.fixture
def webhooks(api: str, sandbox: ApiCaller, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Webhooks:
    """Run a command of the group with the sandbox's key: `await webhooks("trigger", "test.ping")`."""
    monkeypatch.setenv("TENANTRY_API", api)
    monkeypatch.setenv("TENANTRY_KEY", sandbox.key)
    return lambda *words: asyncio.to_thread(CliRunner().invoke, root, ["webhooks", *words])


async def test_a_sample_of_each_type_is_sent(app: Litestar, api: str, sandbox: ApiCaller, tmp_path: Path) -> None:
    async with open_reader(app, sandbox.key) as reader:
        await reader.begun()
        sent = await ran(api, sandbox.key, "trigger", "--all", folder=tmp_path)
        event_ids = await reader.told(len(WEBHOOK_EVENT_TYPES))
    assert sent == [word for pair in zip(event_ids, WEBHOOK_EVENT_TYPES, strict=True) for word in pair]


async def test_a_sample_without_a_receiver_is_refused(webhooks: Webhooks) -> None:
    refused = await webhooks("trigger", "post.published")
    assert refused.exit_code == 4
    assert "no endpoint subscribes to post.published" in refused.stderr
    assert (await webhooks("trigger", "--list")).stdout.split() == list(WEBHOOK_EVENT_TYPES)
    assert (await webhooks("trigger")).exit_code == 2


async def test_only_a_sandbox_sends_samples(
    acme: ApiCaller, webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENANTRY_KEY", acme.key)
    refused = await webhooks("trigger", "test.ping")
    assert (refused.exit_code, "use a test key" in refused.stderr) == (3, True)


async def test_the_signing_secret_is_stable_for_each_key(
    acme: ApiCaller, sandbox: ApiCaller, webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, again = await webhooks("listen", "--print-secret"), await webhooks("listen", "--print-secret")
    assert first.stdout == again.stdout
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=\n", first.stdout)
    monkeypatch.setenv("TENANTRY_KEY", acme.key)
    assert (await webhooks("listen", "--print-secret")).stdout != first.stdout


async def test_invalid_options_and_keys_end_listen_at_once(
    webhooks: Webhooks, sandbox: ApiCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (
        ["--forward", "localhost:4242"], ["--forward", "ftp://localhost/"], ["--forward", "http://a@b/"],
        ["--forward", "http://a..b/"], ["--forward", "http://☃.local/"],
        ["--events", "post.gone"], ["--project", "x"], ["--after", "prj_1"],
    ):  # fmt: skip
        assert (await webhooks("listen", *words)).exit_code == 2, words
    unknown_event = await webhooks("listen", "--after", ids.new_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX))
    assert unknown_event.exit_code == 3
    monkeypatch.setenv("TENANTRY_KEY", sandbox.key[:-1] + "x")
    assert (await webhooks("listen")).exit_code == 5
    monkeypatch.setenv("TENANTRY_API", f"http://127.0.0.1:{find_free_port()}")
    assert (await webhooks("listen")).exit_code == 5


@pytest.mark.parametrize("head", [b"301 Moved\r\nlocation: /", b"200 OK\r\ncontent-type: text/html"])
async def test_a_server_other_than_the_api_is_reported(
    webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 " + head + b"\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>")

    async with serve_loopback_tcp(answer) as port:
        monkeypatch.setenv("TENANTRY_API", f"http://127.0.0.1:{port}")
        for words in (["listen"], ["trigger", "test.ping"]):
            answered = await webhooks(*words)
            assert (answered.exit_code, answered.stderr.startswith("Error: ")) == (5, True), words


TEXTS = st.text(max_size=9).map(lambda text: text.replace("\n", " "))


def test_a_position_without_an_event_is_parsed() -> None:
    assert [*parse_server_sent_events([b"id: evt\n: nothing\n\n: nothing\n\n"])] == [
        ServerSentMessage("message", "evt", b"")
    ]


@given(st.lists(TEXTS, max_size=3), st.integers(1, 20))
def test_a_stream_is_parsed_in_any_chunks(texts: list[str], size: int) -> None:
    """Use texts with line breaks other than line feeds, too."""
    body = b": a comment\n\n" + b"".join(b"id: evt\ndata: %b\n\n" % text.encode() for text in texts)
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    assert [*parse_server_sent_events([*chunks, b"id: evt\ndata: cut"])] == [
        ServerSentMessage("message", "evt", text.encode()) for text in texts
    ]
