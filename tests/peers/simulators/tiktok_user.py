"""Calls of our application for a person on the simulated TikTok."""

import hashlib
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests.media import film
from tests.peers.simulators.client import Sim

CALLBACK = "https://app.test/callback"
CLIENT = {"client_key": "simulatedclientkey", "client_secret": "simulated-client-secret"}
SCOPES = "user.info.basic,video.publish,video.upload"
VERIFIER = "v" * 64
CHALLENGE = hashlib.sha256(VERIFIER.encode()).hexdigest()
FILM = film(ms=4000)
DAY_S, YEAR_S = 86400, 365 * 86400


def settings(base: str) -> dict[str, str]:
    """Return settings for a TikTok at this address."""
    return {f"tiktok_{name}": value for name, value in CLIENT.items()} | {"tiktok_url": base, "tiktok_api_url": base}


def authorize(base: str = "", **changed: str) -> str:
    """Return the authorize page's address; empty parameters are omitted."""
    query = {
        "client_key": CLIENT["client_key"],
        "scope": SCOPES,
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "state": "s t",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | changed
    return f"{base}/v2/auth/authorize/?{urlencode({name: value for name, value in query.items() if value})}"


async def code_of(sim: Sim, username: str = "ada", **changed: str) -> str:
    location = await sim.consent(authorize(sim.base, **changed), username)
    return parse_qs(urlsplit(location).query)["code"][0]


async def redeem(http: httpx.AsyncClient, code: str, /, **changed: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return await http.post("/v2/oauth/token/", data={**CLIENT, **form, "code": code, **changed})


async def refresh(http: httpx.AsyncClient, token: str) -> httpx.Response:
    form = {**CLIENT, "grant_type": "refresh_token", "refresh_token": token}
    return await http.post("/v2/oauth/token/", data=form)


class TikTokVisitor(NamedTuple):
    """Ada from our application's view, with a pair of tokens."""

    http: httpx.AsyncClient
    sim: Sim
    access: str
    refresh: str

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.access}"}
        return await self.http.post(f"/v2/post/publish/{path}/", json=body or {}, headers=headers)

    async def init(self, *, where: str = "video/init", size: int = len(FILM), **changed: Any) -> httpx.Response:
        """Begin a video of one chunk; `changed` overrides fields of source_info, others go to post_info."""
        source = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": size, "total_chunk_count": 1}
        info = {} if "inbox" in where else {"title": "Hello", "privacy_level": "PUBLIC_TO_EVERYONE"}
        for name, value in changed.items():
            (source if name in source else info)[name] = value
        source = {name: value for name, value in source.items() if value is not None}
        return await self.post(where, {"source_info": source, "post_info": info})

    async def begun(self, **changed: Any) -> tuple[str, str]:
        """Call creator_info and begin a video; return its publish_id and upload address."""
        await self.post("creator_info/query")
        body = (await self.init(**changed)).json()
        return body["data"]["publish_id"], body["data"]["upload_url"]

    async def put(self, url: str, part: bytes, start: int = 0, total: int | None = None) -> httpx.Response:
        end, size = start + len(part) - 1, len(part) if total is None else total
        headers = {"Content-Type": "video/mp4", "Content-Range": f"bytes {start}-{end}/{size}"}
        return await self.http.put(url, content=part, headers=headers)

    async def sent(self, file: bytes = FILM, **changed: Any) -> str:
        """Begin and upload a video."""
        publish_id, url = await self.begun(size=len(file), **changed)
        assert (await self.put(url, file)).status_code == 201
        return publish_id

    async def photos(self, *urls: str, mode: str = "DIRECT_POST", **changed: Any) -> httpx.Response:
        info = {"title": "Hello", "description": "Some photos"}
        if mode == "DIRECT_POST":
            info["privacy_level"] = "PUBLIC_TO_EVERYONE"
        source = {"source": "PULL_FROM_URL", "photo_images": urls, "photo_cover_index": 0}
        body = {"media_type": "PHOTO", "post_mode": mode, "post_info": info | changed, "source_info": source}
        return await self.post("content/init", body)

    async def status(self, publish_id: str) -> dict[str, Any]:
        body: dict[str, Any] = (await self.post("status/fetch", {"publish_id": publish_id})).json()["data"]
        return body


def error_of(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()["error"]
    return answer.status_code, body if isinstance(body, str) else body["code"]


async def connected(sim: Sim, http: httpx.AsyncClient, username: str = "ada", **changed: str) -> TikTokVisitor:
    body = (await redeem(http, await code_of(sim, username, **changed))).json()
    return TikTokVisitor(http, sim, body["access_token"], body["refresh_token"])
