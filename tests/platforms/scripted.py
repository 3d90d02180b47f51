"""A platform's server with scripted responses, and posts to send to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

from domain.publishing.outgoing import PostingAccountWithAccessToken
from domain.values import ssrf_guard
from platforms.mastodon.publish import MastodonAdapter
from tests import http_server
from tests.http_server import HttpRequest
from tests.waiting import PATIENCE_S
from tests.workers.web.web import raw_response
from workers.platforms.contract import PostFile, PostPrepareResult, PostToPublish
from workers.web.fetch import open_ssrf_guarded_client

POST_ID = UUID("019abcde-0000-7000-8000-000000000001")
AT = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)

#: A response in bytes, or an action on the connection instead.
Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


class ScriptedServer:
    """A scripted server. `answers` has a list by path: one for each request; the last one repeats."""

    def __init__(self, answers: dict[str, list[Answer]]) -> None:
        self.answers, self.asked = answers, list[HttpRequest]()
        self.base = ""

    @property
    def timeout_s(self) -> float:
        """Return a client's timeout: short for a server that never answers, else enough for any machine."""
        return 0.3 if any(hang in answers for answers in self.answers.values()) else PATIENCE_S

    def at(self, path: str) -> list[HttpRequest]:
        return [asked for asked in self.asked if asked.path == path]

    def next(self, path: str) -> Answer:
        answers = self.answers.get(path, [json_response({"error": "NotScripted"}, 404)])
        return answers.pop(0) if len(answers) > 1 else answers[0]


async def drop(writer: asyncio.StreamWriter) -> None:
    """End the connection without a response."""


async def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def hang(writer: asyncio.StreamWriter) -> None:
    """Send nothing until the client leaves."""
    await asyncio.Event().wait()


async def truncate(writer: asyncio.StreamWriter) -> None:
    """Send a truncated 200."""
    writer.write(
        json_response({"uri": "at://did:plc:me/app.bsky.feed.post/1", "id": "1", "cid": "c", "content": ""})[:-5]
    )


def json_response(body: Any, status: int = 200, **headers: str) -> bytes:
    return raw_response(status, json.dumps(body), **{"content_type": "application/json", **headers})


#: Failures of an irreversible call after its bytes were sent, each without a usable response.
LOST: dict[str, Answer] = {
    "dropped": drop,
    "reset": reset,
    "never answered": hang,
    "cut off": truncate,
    "500": json_response({"error": "InternalServerError"}, 500),
    "a proxy's 502": raw_response(502, "<html>"),
    "a proxy's 408": raw_response(408),
    "redirected": raw_response(307, location="/elsewhere"),
    "200 of something else": raw_response(200, "<html>"),
    "200 too long": raw_response(200, b"x" * ((1 << 20) + 1)),
}


@asynccontextmanager
async def server(**answers: Any) -> AsyncIterator[ScriptedServer]:
    """Serve responses by a path's end: `putRecord`, `media`."""
    served = ScriptedServer({name: said if isinstance(said, list) else [said] for name, said in answers.items()})
    waiting = set[asyncio.Task[Any] | None]()

    async def handle(asked: HttpRequest, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting.add(task := asyncio.current_task())
        try:
            served.asked.append(asked)
            await write_answer(served.next(asked.path.rpartition("/")[2]), writer)
        except asyncio.CancelledError:
            pass  # The test is over.
        finally:
            waiting.discard(task)

    async with http_server.serve(handle) as host:
        served.base = f"http://{host}"
        yield served
        for task in filter(None, list(waiting)):
            task.cancel()


async def write_answer(answer: Answer, writer: asyncio.StreamWriter) -> None:
    if isinstance(answer, bytes):
        writer.write(answer)
    else:
        await answer(writer)
    await writer.drain()


@asynccontextmanager
async def client_for(*served: ScriptedServer) -> AsyncIterator[httpx.AsyncClient]:
    allowed = ssrf_guard.parse_allowed_loopback_fetch_origins(
        ",".join(one.base.removeprefix("http://") for one in served)
    )
    async with open_ssrf_guarded_client(allowed=allowed, contact="https://tenantry.test") as client:
        yield client


def account(served: ScriptedServer | None, platform: str, **traits: Any) -> PostingAccountWithAccessToken:
    return PostingAccountWithAccessToken(
        platform=platform,
        service_url="http://127.0.0.1:9" if served is None else served.base,
        external_id={"bluesky": "did:plc:me", "mastodon": "7", "instagram": "1784"}[platform],
        handle="me.test",
        traits=traits,
        access_token="secret-token",
    )


def draft(caption: str = "Hello", *files: PostFile, **changes: Any) -> PostToPublish:
    fields: dict[str, Any] = {"post_id": POST_ID, "language": "en", "mode": "direct", "privacy_level": None}
    fields |= {"is_ai_generated": False, "created_at": AT, "now": AT}
    return PostToPublish(caption=caption, media=files, **fields | changes)


def file(
    content: bytes = b"\x89PNG...", *, kind: str = "image", mime_type: str = "image/png", **changes: Any
) -> PostFile:
    """Return a file in two chunks."""

    @asynccontextmanager
    async def opened(start: int = 0, end: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        yield chunks(content[start:end])

    fields: dict[str, Any] = {
        "id": UUID(int=1),
        "token": "1",
        "url": "https://tenantry.test/media/1",
        "kind": kind,
        "mime_type": mime_type,
        "size_bytes": len(content),
        "width": 4,
        "height": 3,
        "duration_ms": None,
        "read": opened,
    }
    return PostFile(**fields | changes)


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    middle = len(content) // 2
    yield content[:middle]
    yield content[middle:]


# A server of Mastodon's API


def status(number: int = 1, content: str = "<p>Hello</p>", *, files: int = 0, **fields: Any) -> dict[str, Any]:
    attachments = [{"id": str(n)} for n in range(files)]
    url = f"https://m.example/@me/{number}"
    return {"id": str(number), "content": content, "url": url, "media_attachments": attachments} | fields


async def prepared(served: ScriptedServer, what: PostToPublish | None = None) -> PostPrepareResult:
    async with client_for(served) as client:
        return await MastodonAdapter(client).prepare(account(served, "mastodon"), what or draft())


# A Personal Data Server

BLOB = {"blob": {"$type": "blob", "ref": {"$link": "bafkqaaa"}, "mimeType": "image/png", "size": 7}}
LONG_NAMES = """
    com.atproto.repo.putRecord com.atproto.repo.getRecord com.atproto.repo.uploadBlob
    com.atproto.identity.resolveHandle com.atproto.server.describeServer
    com.atproto.server.createSession com.atproto.server.refreshSession
""".split()
METHODS = {name.rpartition(".")[2]: name for name in LONG_NAMES}


def pds(**answers: Any) -> Any:
    """Serve responses by the methods' last words."""
    return server(**{METHODS[name]: said for name, said in answers.items()})


def xrpc_error(error: str, status: int = 400, **headers: str) -> bytes:
    return json_response({"error": error, "message": f"about {error}"}, status, **headers)
