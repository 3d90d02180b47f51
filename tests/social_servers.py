"""Loopback servers of accounts: Mastodon's OAuth and Bluesky's sessions, with strict checks."""

import asyncio
import base64
import hashlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import msgspec

from tests.http_server import HttpRequest, HttpResponse, listening
from tests.waiting import eventually

VERSION = "4.4.1"
#: For tests only: long enough to cause no warning.
SIGNING = "k" * 32

REFUSED = HttpResponse(400, {"error": "invalid_grant", "error_description": "The authorization grant is invalid."})
UNKNOWN_CLIENT = HttpResponse(401, {"error": "invalid_client"})


class Registered(NamedTuple):
    secret: str
    redirect_uri: str
    scopes: str


class Issued(NamedTuple):
    """A code, and the values that have to come with it."""

    person: str
    client_id: str
    redirect_uri: str
    challenge: str


@dataclass
class SocialServer:
    """A social server. `broken[path]` overrides responses, one a request; `held` requests wait until set."""

    broken: dict[str, list[HttpResponse]] = field(default_factory=dict)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    asked: list[HttpRequest] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    url: str = ""

    @property
    def host(self) -> str:
        return self.url.partition("//")[2]

    def count(self, path: str) -> int:
        return sum(one.path == path for one in self.asked)

    async def reached(self, path: str, *, times: int = 1) -> None:
        """Wait until the path was requested."""

        async def came() -> bool:
            return self.count(path) >= times

        await eventually(came)

    def secret(self, kind: str) -> str:
        """Return a secret that no other text contains."""
        return f"secret-{kind}-{next(self.numbers):06}"

    async def reply(self, asked: HttpRequest) -> HttpResponse:
        self.asked.append(asked)
        if event := self.held.get(asked.path):
            await event.wait()
        if queue := self.broken.get(asked.path):
            return queue.pop(0)
        return self.answer(asked)

    def answer(self, asked: HttpRequest) -> HttpResponse:
        raise NotImplementedError


@dataclass
class Fediverse(SocialServer):
    """Mastodon's API. `people` are ids by name; tokens end after `expires_in` seconds, if they do."""

    people: dict[str, str] = field(default_factory=lambda: {"ada": "101", "eve": "102"})
    version: str = VERSION
    expires_in: int | None = None
    apps: dict[str, Registered] = field(default_factory=dict)
    codes: dict[str, Issued] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    refreshes: dict[str, str] = field(default_factory=dict)

    def let_in(self, page: str, person: str) -> str:
        """Return the redirect address for a person's browser after their consent on the server's page."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}
        assert page.startswith(f"{self.url}/oauth/authorize?")
        app = self.apps[asked["client_id"]]
        assert asked["redirect_uri"] == app.redirect_uri
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert set(asked["scope"].split()) <= set(app.scopes.split())
        code = self.secret("code")
        self.codes[code] = Issued(person, asked["client_id"], app.redirect_uri, asked["code_challenge"])
        return f"{app.redirect_uri}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer(self, asked: HttpRequest) -> HttpResponse:
        form = asked.form
        match (asked.method, asked.path):
            case ("POST", "/api/v1/apps"):
                return self.register(form)
            case ("POST", "/oauth/token"):
                return self.grant(form)
            case ("POST", "/oauth/revoke"):
                return self.revoke(form)
            case ("GET", "/api/v1/accounts/verify_credentials"):
                return self.show(self.tokens.get(asked.token))
            case ("GET", "/api/v1/instance"):
                limits = {
                    "statuses": {"max_characters": 777, "max_media_attachments": 4},
                    "media_attachments": {"image_size_limit": 16 << 20, "video_size_limit": 99 << 20},
                }
                return HttpResponse(200, {"uri": self.host, "version": self.version, "configuration": limits})
        return HttpResponse(404, {"error": "Record not found"})

    def register(self, form: dict[str, str]) -> HttpResponse:
        client_id = f"client-{next(self.numbers)}"
        self.apps[client_id] = Registered(self.secret("client"), form["redirect_uris"], form["scopes"])
        return HttpResponse(200, {"id": "1", "client_id": client_id, "client_secret": self.apps[client_id].secret})

    def grant(self, form: dict[str, str]) -> HttpResponse:
        app = self.apps.get(form.get("client_id", ""))
        if app is None or app.secret != form.get("client_secret"):
            return UNKNOWN_CLIENT
        if form["grant_type"] == "refresh_token":
            person = self.refreshes.pop(form["refresh_token"], None)
            return REFUSED if person is None else self.issue(person)
        issued = self.codes.pop(form["code"], None)
        if issued is None or (issued.client_id, issued.redirect_uri) != (form["client_id"], form["redirect_uri"]):
            return REFUSED
        return self.issue(issued.person) if issued.challenge == s256(form["code_verifier"]) else REFUSED

    def revoke(self, form: dict[str, str]) -> HttpResponse:
        """Revoke a token. The response doesn't show whether it existed (RFC 7009)."""
        app = self.apps.get(form.get("client_id", ""))
        if app is None or app.secret != form.get("client_secret"):
            return HttpResponse(403, {"error": "unauthorized_client"})
        self.tokens.pop(form["token"], None)
        return HttpResponse(200, {})

    def issue(self, person: str) -> HttpResponse:
        token = self.secret("access")
        self.tokens[token] = person
        told: dict[str, Any] = {"access_token": token, "token_type": "Bearer", "scope": "read write"}
        if self.expires_in is not None:
            told |= {"expires_in": self.expires_in, "refresh_token": self.secret("refresh")}
            self.refreshes[told["refresh_token"]] = person
        return HttpResponse(200, told)

    def show(self, person: str | None) -> HttpResponse:
        if person is None:
            return HttpResponse(401, {"error": "The access token is invalid"})
        avatar = f"{self.url}/avatars/{person}.png"
        return HttpResponse(200, {"id": self.people[person], "username": person, "acct": person, "avatar": avatar})


@dataclass
class LoopbackPds(SocialServer):
    """A Personal Data Server. `passwords` by handle; a refresh token returns the same pair only twice."""

    passwords: dict[str, str] = field(default_factory=dict)
    active: bool = True
    lasts: timedelta = timedelta(hours=2)
    sessions: dict[str, str] = field(default_factory=dict)

    def did(self, handle: str) -> str:
        digest = hashlib.sha256(handle.encode()).digest()
        return f"did:plc:{base64.b32encode(digest).decode().lower()[:24]}"

    def answer(self, asked: HttpRequest) -> HttpResponse:
        match asked.path.rpartition("/")[2]:
            case "com.atproto.server.createSession":
                return self.log_in(msgspec.json.decode(asked.body))
            case "com.atproto.server.refreshSession":
                handle = self.sessions.pop(asked.token, None)
                return HttpResponse(400, {"error": "ExpiredToken"}) if handle is None else self.open(handle)
            case "com.atproto.server.deleteSession":
                ended = self.sessions.pop(asked.token, None)
                return HttpResponse(400, {"error": "ExpiredToken"}) if ended is None else HttpResponse(200, {})
            case "com.atproto.repo.getRecord":
                return HttpResponse(400, {"error": "RecordNotFound"})
        return HttpResponse(501, {"error": "MethodNotImplemented"})

    def log_in(self, given: dict[str, str]) -> HttpResponse:
        named = {handle: handle for handle in self.passwords} | {self.did(each): each for each in self.passwords}
        handle = named.get(given["identifier"], "")
        if self.passwords.get(handle) != given["password"]:
            return HttpResponse(401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"})
        return self.open(handle)

    def open(self, handle: str) -> HttpResponse:
        refresh = self.secret("refresh")
        self.sessions[refresh] = handle
        ends = datetime.now(UTC) + self.lasts
        access = jwt.encode({"exp": ends, "sub": self.secret("access")}, SIGNING, algorithm="HS256")
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.url}
        return HttpResponse(
            200,
            {
                "did": self.did(handle),
                "handle": handle,
                "accessJwt": access,
                "refreshJwt": refresh,
                "active": self.active,
                "didDoc": {"id": self.did(handle), "service": [service]},
            },
        )


def s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@asynccontextmanager
async def serving(server: SocialServer) -> AsyncIterator[None]:
    async with listening(server.reply) as server.url:
        yield
        for event in server.held.values():
            event.set()


@asynccontextmanager
async def fediverse() -> AsyncIterator[Fediverse]:
    server = Fediverse()
    async with serving(server):
        yield server


@asynccontextmanager
async def pds() -> AsyncIterator[LoopbackPds]:
    server = LoopbackPds(passwords={"shop.example": "secret-app-password"})
    async with serving(server):
        yield server
