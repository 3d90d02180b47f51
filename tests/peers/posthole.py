"""posthole, a third-party mock of TikTok and Instagram, with its gaps filled.

It has no creator_info, no quota, no media list and no post URL, and requires Instagram's tokens in the query.
`client` fills only those gaps; posthole handles everything that makes a post.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec

from db.server import find_free_port
from domain.publishing.outgoing import PostingAccount
from tests.peers import pypi
from tests.peers.processes import running
from tests.peers.publishing import outbound
from tests.waiting import PATIENCE_S

#: Accounts from its first migrations.
CREATOR, STUDIO = "tt-7000000000000000001", "178414000000001"
BACK = "http://localhost/back"

#: Responses that it lacks, by the end of the path.
GAPS: dict[str, Any] = {
    "creator_info/query/": {
        "data": {"privacy_level_options": ["PUBLIC_TO_EVERYONE"]},
        "error": {"code": "ok", "message": "", "log_id": ""},
    },
    "content_publishing_limit": {"data": [{"quota_usage": 0, "config": {"quota_total": 50, "quota_duration": 86400}}]},
}


class Posthole(NamedTuple):
    base: str
    database: Path

    @property
    def port(self) -> int:
        return urlsplit(self.base).port or 0

    def published(self, caption: str) -> int:
        """Count the published posts with this caption: the oracle."""
        with sqlite3.connect(self.database, timeout=PATIENCE_S) as conn:
            question = "select count(*) from posts where caption = ? and status = 'published'"
            counted: int = conn.execute(question, [caption]).fetchone()[0]
        conn.close()
        return counted

    def code(self, path: str, account_id: str) -> str:
        """Submit the consent form and return the code."""
        form = {"account_id": account_id, "redirect_uri": BACK, "state": "s"}
        answer = httpx.post(f"{self.base}{path}", data=form, timeout=PATIENCE_S)
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def tiktok(self) -> dict[str, Any]:
        """Exchange a TikTok code, and return the response."""
        code = self.code("/v2/auth/authorize/", CREATOR)
        return self._exchanged("/v2/oauth/token/", grant_type="authorization_code", code=code)

    def instagram(self) -> str:
        """Return a token that lasts an hour."""
        token: str = self._exchanged("/oauth/access_token", code=self.code("/oauth/authorize", STUDIO))["access_token"]
        return token

    def _exchanged(self, path: str, **form: str) -> dict[str, Any]:
        answer = httpx.post(f"{self.base}{path}", data=form, timeout=PATIENCE_S).raise_for_status()
        return dict(answer.json())

    def account(self, platform: str) -> PostingAccount:
        token = self.tiktok()["access_token"] if platform == "tiktok" else self.instagram()
        return PostingAccount(
            platform=platform,
            service_url=self.base,
            external_id=CREATOR if platform == "tiktok" else STUDIO,
            handle="test_creator",
            traits={},
            access_token=token,
        )


class Whole(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


@asynccontextmanager
async def client(*bases: str) -> AsyncIterator[httpx.AsyncClient]:
    """Open our client, with posthole's gaps filled."""
    async with outbound(*bases) as inner:
        send = inner.send

        async def sent(request: httpx.Request, **options: Any) -> httpx.Response:
            gap = next((told for path, told in GAPS.items() if request.url.path.endswith(path)), None)
            if gap is not None:
                return httpx.Response(200, stream=Whole(msgspec.json.encode(gap)), request=request)
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if token and not token.startswith("act."):
                request.url = request.url.copy_merge_params({"access_token": token})
            return await send(request, **options)

        with patch.object(inner, "send", sent):
            yield inner


@contextmanager
def serve(folder: Path) -> Iterator[Posthole]:
    """Run posthole. Raises `pypi.NoPython`."""
    program, port, database = pypi.install("posthole"), find_free_port(), folder / "posthole.db"
    settings = {"PORT": str(port), "DATABASE_URL": str(database), "LOG_LEVEL": "ERROR"}
    base = f"http://127.0.0.1:{port}"
    words = ["env", *(f"POSTHOLE_{name}={value}" for name, value in settings.items()), str(program)]
    with running(words, ready=f"{base}/_health", cwd=folder):
        yield Posthole(base, database)
