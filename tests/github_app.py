"""GitHub's side of an App on loopback: OAuth, installations and tokens, with GitHub's checks."""

import hashlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from schemas.settings import Settings
from tests.http_server import HttpRequest, HttpResponse, listening

CLIENT_ID, CLIENT_SECRET = "Iv1.test", "shh"

#: The last part of a token of 2026: long, with dots.
TAIL = "_eyJhbGciOiJSUzI1NiJ9." + "eyJpc3MiOiJJdjEudGVzdCJ9" * 19 + "."


#: The hub checks times by its own clock.
UNTIMED: Any = {"verify_exp": False, "verify_iat": False}


def now() -> datetime:
    return datetime.now(UTC)


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def key() -> rsa.RSAPrivateKey:
    """Return the App's key."""
    return new_key()


def pem() -> str:
    private = serialization.PrivateFormat.TraditionalOpenSSL
    return key().private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()).decode()


class Scope(NamedTuple):
    """The scope of a token: the ids of its repositories, or none for all of them."""

    number: int
    ids: frozenset[int]


@dataclass
class Installed:
    """An installation. `repositories`: private or not, by name; `moved` has former names."""

    login: str
    repositories: dict[str, bool]
    suspended: bool = False
    granted: frozenset[str] = frozenset({"contents", "metadata"})
    moved: dict[str, str] = field(default_factory=dict)

    def rename(self, old: str, new: str) -> None:
        """Rename a repository; requests for the old name are redirected."""
        self.repositories = {new if name == old else name: it for name, it in self.repositories.items()}
        self.moved = {before: new if now == old else now for before, now in self.moved.items()} | {old: new}


ABSENT = HttpResponse(404, {"message": "Not Found"})


@dataclass
class SimulatedGitHub:
    """Simulated GitHub. Set its installations, its people, and `broken[path]` to replace a response."""

    installations: dict[int, Installed] = field(default_factory=dict)
    #: The repositories of each installation that a person may read.
    people: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    broken: dict[str, HttpResponse] = field(default_factory=dict)
    page_size: int = 100
    asked: list[HttpRequest] = field(default_factory=list)
    #: Repositories of each token; a token for a whole installation's list reads no contents.
    issued: dict[str, Scope] = field(default_factory=dict)
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

    def answer(self, asked: HttpRequest) -> HttpResponse:
        match asked.path.removeprefix("/api").split("/")[1:]:
            case ["login", "oauth", "access_token"]:
                return self.exchange(asked)
            case ["app", "installations", number, "access_tokens"]:
                return self.issue(asked, int(number))
            case ["user", *rest] if asked.token in self.persons:
                return self.answer_person(asked, self.people[self.persons[asked.token]], rest)
            case ["repos" | "repositories", *place]:
                return self.find_repository(asked, place)
            case ["installation", "repositories"] if asked.token in self.issued:
                own = self.issued[asked.token].number
                return self.list_repositories(asked, own, [*self.installations[own].repositories])
        return HttpResponse(401, {"message": "Bad credentials"})

    def id_of(self, number: int, name: str) -> int:
        """Return a repository's id. It outlives a rename: an installation's repositories keep their order."""
        return 100 * number + [*self.installations[number].repositories].index(name)

    def find_repository(self, asked: HttpRequest, place: list[str]) -> HttpResponse:
        """Find a repository by id, or by a current or former name of the installation."""
        if asked.token not in self.issued:
            return ABSENT
        if len(place) == 1:
            return self.read_repository(asked, int(place[0]), [])
        (owner, name, *rest), number = place, self.issued[asked.token].number
        installed = self.installations[number]
        now = installed.moved.get(name, name)
        if installed.login.lower() != owner.lower() or now not in installed.repositories:
            return ABSENT
        repository_id = self.id_of(number, now)
        told = self.read_repository(asked, repository_id, rest)
        return told if now == name or told == ABSENT else self.moved_to(repository_id)

    def moved_to(self, repository_id: int) -> HttpResponse:
        location = f"{self.url}/api/repositories/{repository_id}"
        return HttpResponse(301, {"message": "Moved Permanently", "url": location}, (f"Location: {location}",))

    def read_repository(self, asked: HttpRequest, repository_id: int, rest: list[str]) -> HttpResponse:
        """Return a repository. A private one needs a token that covers it, and has only a description."""
        number, ids = self.issued[asked.token]
        known = {self.id_of(number, name): name for name in self.installations[number].repositories}
        if repository_id not in known or (ids and repository_id not in ids):
            return ABSENT
        full_name = f"{self.installations[number].login}/{known[repository_id]}"
        match rest:
            case []:
                return self.versioned(asked, about(full_name, repository_id))
            case _ if not ids:
                return HttpResponse(403, {"message": "Resource not accessible by integration"})
            case ["git", "trees", _]:
                return self.versioned(asked, {"tree": [], "truncated": False})
            case ["languages"]:
                return HttpResponse(200, {})
        return ABSENT

    def versioned(self, asked: HttpRequest, content: Any) -> HttpResponse:
        etag = f'W/"{hashlib.sha256(msgspec.json.encode(content)).hexdigest()}"'
        if asked.headers.get("if-none-match") == etag:
            return HttpResponse(304, None, (f"ETag: {etag}",))
        return HttpResponse(200, content, (f"ETag: {etag}",))

    def answer_person(self, asked: HttpRequest, sees: dict[int, list[str]], rest: list[str]) -> HttpResponse:
        match rest:
            case ["installations"]:
                return self.page(asked, "installations", [self.listed(number) for number in sees])
            case ["installations", number, "repositories"]:
                return self.list_repositories(asked, int(number), sees.get(int(number), []))
        return ABSENT

    def listed(self, number: int) -> dict[str, Any]:
        installed = self.installations[number]
        account = {"login": installed.login, "id": number}
        return {
            "id": number,
            "account": account,
            "suspended_at": "2026-01-01T00:00:00Z" if installed.suspended else None,
        }

    def exchange(self, asked: HttpRequest) -> HttpResponse:
        form = asked.form
        if (form["client_id"], form["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return HttpResponse(200, {"error": "incorrect_client_credentials"})
        person = self.codes.pop(form["code"], None)
        if person is None:
            return HttpResponse(200, {"error": "bad_verification_code", "error_description": "expired"})
        token = f"ghu_{next(self.numbers):036}"
        self.persons[token] = person
        return HttpResponse(200, {"access_token": token, "token_type": "bearer", "scope": ""})

    def list_repositories(self, asked: HttpRequest, number: int, names: list[str]) -> HttpResponse:
        installed = self.installations[number]
        listed = [
            {
                "id": self.id_of(number, name),
                "full_name": f"{installed.login}/{name}",
                "private": installed.repositories[name],
            }
            for name in names
        ]
        return self.page(asked, "repositories", listed)

    def page(self, asked: HttpRequest, name: str, entries: list[Any]) -> HttpResponse:
        number, size = int(asked.query.get("page", 1)), min(int(asked.query["per_page"]), self.page_size)
        here, more = entries[(number - 1) * size : number * size], len(entries) > number * size
        after = f"{self.url}{asked.path}?per_page={size}&page={number + 1}"
        link = f'<{after}>; rel="next", <{self.url}/x>; rel="last"'
        return HttpResponse(200, {"total_count": len(entries), name: here}, (f"Link: {link}",) if more else ())

    def issue(self, asked: HttpRequest, number: int) -> HttpResponse:
        try:
            claims = jwt.decode(
                asked.token, key().public_key(), algorithms=["RS256"], issuer=CLIENT_ID, options=UNTIMED
            )
        except jwt.InvalidTokenError as error:
            return HttpResponse(401, {"message": f"A JSON web token could not be decoded: {error}"})
        moment = self.clock().timestamp()
        if not claims["iat"] <= moment < claims["exp"] <= moment + 600:
            return HttpResponse(401, {"message": "'Expiration time' claim ('exp') is too far in the future"})
        if number not in self.installations:
            return ABSENT
        return self.issue_for(number, msgspec.json.decode(asked.body))

    def issue_for(self, number: int, wanted: dict[str, Any]) -> HttpResponse:
        installed, names = self.installations[number], set(wanted.get("repositories", []))
        if installed.suspended:
            return HttpResponse(403, {"message": "This installation has been suspended"})
        if not set(wanted["permissions"]) <= installed.granted:
            return HttpResponse(422, {"message": "The permissions requested are not granted to this installation."})
        known = {self.id_of(number, name) for name in installed.repositories}
        ids = set(wanted.get("repository_ids", []))
        if not (names <= installed.repositories.keys() and ids <= known):
            return HttpResponse(422, {"message": "There is at least one repository that does not exist or is not..."})
        token = f"ghs_{next(self.numbers):06}{TAIL}"
        self.issued[token] = Scope(number, frozenset(ids | {self.id_of(number, name) for name in names}))
        expires_at = (self.clock() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return HttpResponse(201, {"token": token, "expires_at": expires_at, "permissions": wanted["permissions"]})


def about(full_name: str, repository_id: int) -> dict[str, Any]:
    """Return a repository's object with the fields that an ingest reads."""
    return {
        "id": repository_id,
        "full_name": full_name,
        "html_url": f"https://github.com/{full_name}",
        "private": True,
        "description": "Books tables in restaurants near you, and tells your friends.",
        "default_branch": "main",
        "size": 1,
    }


@asynccontextmanager
async def serving() -> AsyncIterator[SimulatedGitHub]:
    hub = SimulatedGitHub()

    async def reply(asked: HttpRequest) -> HttpResponse:
        hub.asked.append(asked)
        return hub.broken.get(asked.path) or hub.answer(asked)

    async with listening(reply) as hub.url:
        yield hub
