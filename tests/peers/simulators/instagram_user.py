"""Calls of our application for a person on the simulated Instagram, and the file host."""

from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests.media import film, picture
from tests.peers.simulators.client import Sim
from tests.peers.simulators.instagram_oauth import CLIENT_ID, CLIENT_SECRET
from tests.peers.simulators.routing import Request, SimReply
from tests.peers.simulators.simulator import Simulator

CALLBACK = "https://app.test/callback"
SCOPES = "instagram_business_basic,instagram_business_content_publish"
DAY_S = 24 * 60 * 60
#: The Graph API version of the calls.
VERSION = "v25.0"

JPEG = picture("JPEG", (8, 8))
FILES = {
    "a.jpg": ("image/jpeg", JPEG),
    "b.jpg": ("image/jpeg", picture("JPEG", (9, 8))),
    "png.jpg": ("image/jpeg", picture("PNG", (8, 8))),
    "tall.jpg": ("image/jpeg", picture("JPEG", (9, 16))),
    "half.jpg": ("image/jpeg", picture("JPEG", (400, 400))[:900]),
    "huge.jpg": ("image/jpeg", JPEG + bytes(8 << 20)),
    "text.jpg": ("text/html", JPEG),
    "reel.mp4": ("video/mp4", film(ms=4000)),
    "short.mp4": ("video/mp4", film(ms=2000)),
    "no.mp4": ("video/mp4", JPEG),
}


def settings(base: str) -> dict[str, str]:
    """Return settings for an Instagram at this address."""
    urls = dict.fromkeys(("instagram_url", "instagram_api_url", "instagram_oauth_url"), base)
    return {"instagram_client_id": CLIENT_ID, "instagram_client_secret": CLIENT_SECRET} | urls


class MediaHost(Simulator):
    """The host of the files; faults apply there too."""

    def __init__(self) -> None:
        super().__init__()
        self.routes.add("GET", "/{name}", self.file)

    async def file(self, request: Request) -> SimReply:
        kind, content = FILES.get(request.args["name"], ("", b""))
        return SimReply(200, content, {"Content-Type": kind}) if content else self.refusal(404)

    def refusal(self, status: int) -> SimReply:
        return SimReply(status)


class InstagramVisitor(NamedTuple):
    """Ada from our application's view, with a long-lived token. `ig` is her account's id."""

    http: httpx.AsyncClient
    sim: Sim
    ig: str
    files: str

    async def get(self, path: str, **query: Any) -> Any:
        return await read(await self.http.get(f"/{VERSION}/{path}", params=query))

    async def create(self, **asked: Any) -> Any:
        return await read(await self.http.post(f"/{VERSION}/{self.ig}/media", data=asked))

    async def image(self, name: str = "a.jpg", **asked: Any) -> Any:
        return await self.create(image_url=f"{self.files}/{name}", **asked)

    async def finished(self, name: str = "a.jpg", **asked: Any) -> str:
        made = await self.image(name, **asked)
        await self.sim.advance(2)
        id_: str = made["id"]
        return id_

    async def publish(self, container: str) -> Any:
        path = f"/{VERSION}/{self.ig}/media_publish"
        return await read(await self.http.post(path, data={"creation_id": container}))


async def read(answer: httpx.Response) -> Any:
    """Return the body; of an error `(code, subcode)`."""
    body = answer.json()
    error = body.get("error")
    assert answer.is_success is (error is None), body
    return body if error is None else (error["code"], error.get("error_subcode"))


def authorize(base: str, **changed: str) -> str:
    asked = {"client_id": CLIENT_ID, "redirect_uri": CALLBACK, "response_type": "code", "scope": SCOPES, "state": "s t"}
    return f"{base}/oauth/authorize?{urlencode(asked | changed)}"


async def code_of(sim: Sim, username: str = "ada", **changed: str) -> str:
    location = await sim.consent(authorize(sim.base, **changed), username)
    parts = urlsplit(location)
    assert (parts.fragment, parse_qs(parts.query)["state"]) == ("_", ["s t"])
    return parse_qs(parts.query)["code"][0]


async def swap(http: httpx.AsyncClient, code: str, **changed: str) -> httpx.Response:
    form = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        "code": code,
    }
    return await http.post("/oauth/access_token", data=form | changed)


async def exchanged(http: httpx.AsyncClient, short: str) -> httpx.Response:
    asked = {"grant_type": "ig_exchange_token", "client_secret": CLIENT_SECRET, "access_token": short}
    return await http.get("/access_token", params=asked)


async def long_lived(sim: Sim, http: httpx.AsyncClient, username: str = "ada", **changed: str) -> str:
    short = (await swap(http, await code_of(sim, username, **changed))).json()["data"][0]["access_token"]
    token: str = (await exchanged(http, short)).json()["access_token"]
    return token


async def me(http: httpx.AsyncClient, token: str) -> Any:
    asked = {"fields": "user_id,username", "access_token": token}
    return await read(await http.get(f"/{VERSION}/me", params=asked))
