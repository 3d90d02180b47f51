"""Bluesky's own Personal Data Server, with actions of its operator and accounts."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import msgspec

from db.server import find_free_port
from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.bluesky import api
from platforms.bluesky.api import PdsSession
from tests.peers import node
from tests.peers.processes import running
from tests.waiting import PATIENCE_S

SCRIPT = Path(__file__).with_name("pds.mjs")
#: The values of the script.
OPERATOR, JWT_SECRET = ("admin", "admin-password-of-the-tests"), "jwt-secret-of-the-tests-32-bytes"
NAMES = itertools.count(1)


class PdsPerson(msgspec.Struct, frozen=True):
    """An account, with its app password and its owner's session."""

    did: str
    handle: str
    app_password: str
    owner: str


class Pds(msgspec.Struct, frozen=True):
    """`appview` is the port of the network's AppView, as configured in the server."""

    port: int
    appview: int

    @property
    def base(self) -> str:
        return f"http://localhost:{self.port}"

    def call(self, method: str, *, token: str = "", operator: bool = False, **body: Any) -> Any:
        """Call a procedure with a token, as the operator, or anonymously."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = httpx.post(
            f"{self.base}/xrpc/{method}",
            json=body or None,
            headers=headers,
            auth=OPERATOR if operator else None,
            timeout=PATIENCE_S,
        )
        return answer.raise_for_status().json() if answer.content else None

    def file(self, url: str) -> bytes:
        return httpx.get(url, timeout=PATIENCE_S).raise_for_status().content

    def person(self) -> PdsPerson:
        name = f"person{next(NAMES)}"
        created = self.call(
            "com.atproto.server.createAccount",
            handle=f"{name}.test",
            email=f"{name}@example.com",
            password="owner-password",
        )
        owner = created["accessJwt"]
        password = self.call("com.atproto.server.createAppPassword", token=owner, name="tenantry")
        return PdsPerson(created["did"], created["handle"], password["password"], owner)

    def another_password(self, person: PdsPerson) -> PdsPerson:
        """Create another app password as the owner."""
        method = "com.atproto.server.createAppPassword"
        created = self.call(method, token=person.owner, name=f"another {next(NAMES)}")
        return msgspec.structs.replace(person, app_password=created["password"])

    def at_its_end(self, access_token: str) -> str:
        """Return the same token, signed by the server's key, but expired."""
        head = jwt.get_unverified_header(access_token)
        claims = jwt.decode(access_token, JWT_SECRET, algorithms=[head["alg"]], options={"verify_aud": False})
        over = {"exp": datetime.now(UTC) - timedelta(minutes=1)}
        return jwt.encode(claims | over, JWT_SECRET, algorithm=head["alg"], headers=head)

    def deactivate(self, person: PdsPerson) -> None:
        self.call("com.atproto.server.deactivateAccount", token=person.owner, deleteAfter="2030-01-01T00:00:00Z")

    def take_down(self, person: PdsPerson) -> None:
        subject = {"$type": "com.atproto.admin.defs#repoRef", "did": person.did}
        method, state = "com.atproto.admin.updateSubjectStatus", {"applied": True}
        self.call(method, operator=True, subject=subject, takedown=state)

    def records(self, person: PdsPerson) -> list[dict[str, Any]]:
        """Return all posts of an account: the oracle for duplicate posts."""
        found: list[dict[str, Any]] = []
        query = {"repo": person.did, "collection": "app.bsky.feed.post", "limit": "100"}
        while True:
            answer = httpx.get(f"{self.base}/xrpc/com.atproto.repo.listRecords", params=query, timeout=PATIENCE_S)
            page = answer.raise_for_status().json()
            found += page["records"]
            if "cursor" not in page:
                return found
            query["cursor"] = page["cursor"]

    def texts(self, person: PdsPerson) -> list[str]:
        return sorted(record["value"]["text"] for record in self.records(person))


async def signed_in(client: httpx.AsyncClient, pds: Pds, person: PdsPerson) -> PdsSession:
    """Log in by app password, as the product does."""
    return await api.create_pds_session(client, pds.base, identifier=person.handle, password=person.app_password)


def account_of(session: PdsSession, base: str) -> PostingAccountWithAccessToken:
    """Return the account in the form that a worker gets."""
    return PostingAccountWithAccessToken(
        platform="bluesky",
        service_url=base,
        external_id=session.did,
        handle=session.handle,
        traits={},
        access_token=session.access_jwt,
    )


@contextmanager
def serve(folder: Path) -> Iterator[Pds]:
    modules, pds, directory = node.install(), Pds(find_free_port(), find_free_port()), find_free_port()
    ports = [str(port) for port in (pds.port, directory, pds.appview)]
    words = [node.command(), str(SCRIPT), str(modules), str(folder), *ports]
    with running(words, ready=f"{pds.base}/xrpc/com.atproto.server.describeServer"):
        yield pds
