"""Client registrations with the servers of a platform: one for each server, shared by all tenants."""

from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import platform_app
from domain.security import vault
from domain.security.keyring import Keyring
from jobs import ledger
from jobs.kinds import REGISTER_APP
from jobs.ledger import Submitted

#: The scopes that we ask a person of a server of Mastodon's API for, and no more.
SCOPES = "read:accounts read:statuses write:media write:statuses"


class Server(NamedTuple):
    """A server of a platform, and where it sends people back to."""

    platform: str
    service_url: str
    redirect_uri: str


class Client(NamedTuple):
    """Our id and secret with a server."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"Client({self.client_id})"


class Registration(NamedTuple):
    """A client with its secret sealed; `lasting`: the server has it for as long as a person needs."""

    client_id: str
    sealed: bytes
    vault_key_id: str
    lasting: bool


GET_APP = platform_app.get_app.typed(Registration)


async def find_id(conn: Conn, *, server: Server) -> str | None:
    """The client id, which is no secret; None before we are registered."""
    found = await _find(conn, server)
    return found and found.client_id


async def is_lasting(conn: Conn, *, server: Server) -> bool:
    """True if we are registered, and will be for as long as a person needs."""
    found = await _find(conn, server)
    return found is not None and found.lasting


async def open(conn: Conn, *, server: Server, keyring: Keyring) -> Client | None:  # noqa: A001  what it is
    """The client; None before we are registered."""
    found = await _find(conn, server)
    if found is None:
        return None
    sealed = vault.Sealed(found.vault_key_id, found.sealed)
    return Client(found.client_id, vault.unseal(keyring, sealed, row=row_name(server)).decode())


async def ensure(conn: Conn, server: Server, organization_id: UUID) -> Submitted | None:
    """The job that registers us, where we have no lasting registration."""
    if await is_lasting(conn, server=server):
        return None
    return await submit(conn, server=server, organization_id=organization_id)


async def submit(conn: Conn, *, server: Server, organization_id: UUID) -> Submitted:
    """The job that registers us, one at a time for each organization."""
    return await ledger.submit(
        conn,
        kind=REGISTER_APP,
        organization_id=organization_id,
        project_id=None,
        args=server._asdict(),
        unique_key=f"register:{server.platform}:{server.service_url}:{server.redirect_uri}",
    )


async def keep(conn: Conn, *, server: Server, client: Client, keyring: Keyring) -> dict[str, Any]:
    """The end of the job, and its result. Where another's job was sooner, its client stays."""
    sealed = vault.seal(keyring, client.client_secret.encode(), row=row_name(server))
    await platform_app.keep_app.run(
        conn,
        **server._asdict(),
        client_id=client.client_id,
        sealed=sealed.data,
        vault_key_id=sealed.key_id,
    )
    return {"clientId": client.client_id}


async def prove(conn: Conn, *, server: Server, client_id: str) -> None:
    """Note that somebody was let in with it: the server keeps it from now on."""
    await platform_app.prove_app.run(conn, **server._asdict(), client_id=client_id)


async def forget(conn: Conn, *, server: Server, client_id: str) -> None:
    """Drop a client that the server doesn't know any more: whoever comes next registers anew."""
    await platform_app.forget_app.run(conn, **server._asdict(), client_id=client_id)


async def _find(conn: Conn, server: Server) -> Registration | None:
    platform, service_url, redirect_uri = server
    return await GET_APP.one(conn, platform=platform, service_url=service_url, redirect_uri=redirect_uri)


def row_name(server: Server) -> str:
    """The name that binds a client's secret to its row."""
    return f"platform_app/{server.platform}/{server.service_url}/{server.redirect_uri}"
