"""GitHub's side of an App on loopback: its OAuth, its installations, its tokens, checked as GitHub checks."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from schemas.settings import Settings

CLIENT_ID, CLIENT_SECRET = "Iv1.test", "shh"
JSON = "application/json; charset=utf-8"

#: The last part of a token of 2026: long, with dots.
TAIL = "_eyJhbGciOiJSUzI1NiJ9." + "eyJpc3MiOiJJdjEudGVzdCJ9" * 19 + "."


#: The hub's own clock judges.
UNTIMED: Any = {"verify_exp": False, "verify_iat": False}


def now() -> datetime:
    return datetime.now(UTC)


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def key() -> rsa.RSAPrivateKey:
    """The App's."""
    return new_key()


def pem() -> str:
    private = serialization.PrivateFormat.TraditionalOpenSSL
    return key().private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()).decode()


class Asked(NamedTuple):
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


class Told(NamedTuple):
    status: int
    content: Any
    headers: tuple[str, ...] = ()


@dataclass
class Installed:
    """`repositories` by name, and whether each is private."""

    login: str
    repositories: dict[str, bool]
    suspended: bool = False
    granted: frozenset[str] = frozenset({"contents", "metadata"})


@dataclass
class Hub:
    """Set what is installed, whom GitHub lists it for, and `broken[path]` to answer that instead."""

    installations: dict[int, Installed] = field(default_factory=dict)
    #: What a person sees: the repositories of each installation that they may read.
    people: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    broken: dict[str, Told] = field(default_factory=dict)
    page_size: int = 100
    asked: list[Asked] = field(default_factory=list)
    issued: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    persons: dict[str, str] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    clock: Callable[[], datetime] = now
    url: str = ""

    @property
    def paths(self) -> Counter[str]:
        return Counter(one.path for one in self.asked)

    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(
            settings,
            github_api_url=f"{self.url}/api/",
            github_url=self.url,
            github_app_slug="tenantry-test",
            github_client_id=CLIENT_ID,
            github_client_secret=CLIENT_SECRET,
            github_private_key=pem().replace("\n", "\\n"),
        )

    def answer(self, asked: Asked) -> Told:
        match asked.path.removeprefix("/api").split("/")[1:]:
            case ["login", "oauth", "access_token"]:
                return self.exchange(asked)
            case ["app", "installations", number, "access_tokens"]:
                return self.issue(asked, int(number))
            case ["user", *rest] if asked.token in self.persons:
                return self.answer_person(asked, self.people[self.persons[asked.token]], rest)
            case ["repos", owner, name, *rest]:
                return self.read_repository(asked, f"{owner}/{name}", rest)
            case ["installation", "repositories"] if asked.token in self.issued:
                number_of, _ = self.issued[asked.token]
                return self.list_repositories(asked, number_of, [*self.installations[number_of].repositories])
        return Told(401, {"message": "Bad credentials"})

    def read_repository(self, asked: Asked, full_name: str, rest: list[str]) -> Told:
        """A private one is there for a token that was issued for it, and has nothing but a description."""
        number, names = self.issued.get(asked.token, (0, []))
        name = full_name.partition("/")[2]
        if not number or name not in names or self.installations[number].login not in full_name:
            return Told(404, {"message": "Not Found"})
        match rest:
            case []:
                return Told(200, about(full_name))
            case ["git", "trees", _]:
                return Told(200, {"tree": [], "truncated": False})
            case ["languages"]:
                return Told(200, {})
        return Told(404, {"message": "Not Found"})

    def answer_person(self, asked: Asked, sees: dict[int, list[str]], rest: list[str]) -> Told:
        match rest:
            case ["installations"]:
                return self.page(asked, "installations", [self.listed(number) for number in sees])
            case ["installations", number, "repositories"]:
                return self.list_repositories(asked, int(number), sees.get(int(number), []))
        return Told(404, {"message": "Not Found"})

    def listed(self, number: int) -> dict[str, Any]:
        installed = self.installations[number]
        account = {"login": installed.login, "id": number}
        return {
            "id": number,
            "account": account,
            "suspended_at": "2026-01-01T00:00:00Z" if installed.suspended else None,
        }

    def exchange(self, asked: Asked) -> Told:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        if (form["client_id"], form["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return Told(200, {"error": "incorrect_client_credentials"})
        person = self.codes.pop(form["code"], None)
        if person is None:
            return Told(200, {"error": "bad_verification_code", "error_description": "expired"})
        token = f"ghu_{next(self.numbers):036}"
        self.persons[token] = person
        return Told(200, {"access_token": token, "token_type": "bearer", "scope": ""})

    def list_repositories(self, asked: Asked, number: int, names: list[str]) -> Told:
        installed = self.installations[number]
        listed = [
            {"id": index, "full_name": f"{installed.login}/{name}", "private": installed.repositories[name]}
            for index, name in enumerate(names, 1)
        ]
        return self.page(asked, "repositories", listed)

    def page(self, asked: Asked, name: str, entries: list[Any]) -> Told:
        number, size = int(asked.query.get("page", 1)), min(int(asked.query["per_page"]), self.page_size)
        here, more = entries[(number - 1) * size : number * size], len(entries) > number * size
        after = f"{self.url}{asked.path}?per_page={size}&page={number + 1}"
        link = f'<{after}>; rel="next", <{self.url}/x>; rel="last"'
        return Told(200, {"total_count": len(entries), name: here}, (f"Link: {link}",) if more else ())

    def issue(self, asked: Asked, number: int) -> Told:
        try:
            claims = jwt.decode(
                asked.token, key().public_key(), algorithms=["RS256"], issuer=CLIENT_ID, options=UNTIMED
            )
        except jwt.InvalidTokenError as error:
            return Told(401, {"message": f"A JSON web token could not be decoded: {error}"})
        moment = self.clock().timestamp()
        if not claims["iat"] <= moment < claims["exp"] <= moment + 600:
            return Told(401, {"message": "'Expiration time' claim ('exp') is too far in the future"})
        if number not in self.installations:
            return Told(404, {"message": "Not Found"})
        return self.issue_for(number, msgspec.json.decode(asked.body))

    def issue_for(self, number: int, wanted: dict[str, Any]) -> Told:
        installed, names = self.installations[number], wanted.get("repositories", [])
        if installed.suspended:
            return Told(403, {"message": "This installation has been suspended"})
        if not set(wanted["permissions"]) <= installed.granted:
            return Told(422, {"message": "The permissions requested are not granted to this installation."})
        if not set(names) <= installed.repositories.keys():
            return Told(422, {"message": "There is at least one repository that does not exist or is not..."})
        token = f"ghs_{next(self.numbers):06}{TAIL}"
        self.issued[token] = (number, names)
        expires_at = (self.clock() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Told(201, {"token": token, "expires_at": expires_at, "permissions": wanted["permissions"]})


def about(full_name: str) -> dict[str, Any]:
    """Its object, as far as an ingest looks at it."""
    return {
        "id": 7,
        "full_name": full_name,
        "html_url": f"https://github.com/{full_name}",
        "private": True,
        "description": "Books tables in restaurants near you, and tells your friends.",
        "default_branch": "main",
        "size": 1,
    }


@asynccontextmanager
async def serving() -> AsyncIterator[Hub]:
    hub = Hub()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await read(reader)
        hub.asked.append(asked)
        told = hub.broken.get(asked.path) or hub.answer(asked)
        body = msgspec.json.encode(told.content)
        head = [f"HTTP/1.1 {told.status} X", f"Content-Type: {JSON}", f"Content-Length: {len(body)}"]
        writer.write("\r\n".join([*head, *told.headers, "Connection: close", "", ""]).encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    hub.url = "http://{}:{}".format(*server.sockets[0].getsockname())
    async with server:
        yield hub


async def read(reader: asyncio.StreamReader) -> Asked:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
    method, target, _ = lines[0].split(" ")
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    lower = {name.lower(): value for name, value in headers.items()}
    body = await reader.readexactly(int(lower.get("content-length", 0)))
    parts = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return Asked(method, parts.path, query, lower, body)
