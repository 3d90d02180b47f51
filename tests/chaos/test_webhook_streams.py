"""A stream of webhook events while the API dies: its reader gets each event exactly once."""

import asyncio
import re
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from db.pool import Conn, Pool
from schemas.settings import Settings
from tests import seeds
from tests.api.conftest import new_key
from tests.api.webhooks.streaming import emit_event
from tests.api_process import STOP_S, ApiProcess, serving
from tests.cli.listening import ApiProxy, listening, open_proxy
from tests.workers.webhooks.receiver import WebhookReceiver

pytestmark = [pytest.mark.chaos, pytest.mark.long]


async def test_stream_continues_on_another_api_process(
    settings: Settings, pool: Pool, conn: Conn, receiver: WebhookReceiver, tmp_path: Path
) -> None:
    org = await seeds.organization(conn)
    key = await new_key(pool, org)
    with ExitStack() as stack:
        first = begin(stack, settings, tmp_path / "first")
        async with open_proxy(first.url) as way:
            forward = ("--forward", receiver.url)
            async with listening(way.url, key, *forward, folder=tmp_path) as command:
                sent = await some(pool, org)
                first.process.kill()
                sent += await some(pool, org)
                second = await follow(stack, settings, tmp_path / "second", way)
                sent += await some(pool, org)
                assert [line["event"]["id"] for line in await command.lines(len(sent))] == sent
                second.process.terminate()
                assert await asyncio.to_thread(second.process.wait, STOP_S) == 0
                sent += await some(pool, org)
                await follow(stack, settings, tmp_path / "third", way)
                assert [line["event"]["id"] for line in await command.lines(len(sent))] == sent
            assert b"may be missing" not in command.said
            [secret] = re.findall(r"whsec_\S+", command.said.decode())
    assert [asked.headers["webhook-id"] for asked in receiver.asked] == sent
    for asked in receiver.asked:
        Webhook(secret).verify(asked.body, asked.headers)


def begin(stack: ExitStack, settings: Settings, log: Path) -> ApiProcess:
    return stack.enter_context(serving(settings, log))


async def follow(stack: ExitStack, settings: Settings, log: Path, way: ApiProxy) -> ApiProcess:
    """Start another API behind the proxy, in a thread, since the event loop serves the proxy."""
    served = await asyncio.to_thread(begin, stack, settings, log)
    way.behind = int(served.url.rpartition(":")[2])
    return served


async def some(pool: Pool, org: UUID) -> list[str]:
    return [await emit_event(pool, org) for _ in range(3)]
