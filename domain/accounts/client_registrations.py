"""OAuth client registrations with the servers of a platform: one for each server, shared by all tenants."""

from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import platform_app
from domain.security import vault
from domain.security.keyring import Keyring
from jobs import ledger
from jobs.kinds import REGISTER_OAUTH_CLIENT_KIND
from jobs.ledger import SubmittedJob


class PlatformServerRef(NamedTuple):
    """Server of a platform, with our redirect URI."""

    platform: str
    service_url: str
    redirect_uri: str


class OAuthClient(NamedTuple):
    """Our client id and secret at a server."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"Client({self.client_id})"


class SealedOAuthClientRegistration(NamedTuple):
    """Client with a sealed secret; `lasting`: the server keeps it long enough for a person's consent."""

    client_id: str
    sealed: bytes
    vault_key_id: str
    lasting: bool


GET_CLIENT_REGISTRATION = platform_app.get_app.typed(SealedOAuthClientRegistration)


async def find_stored_client_id(conn: Conn, *, server: PlatformServerRef) -> str | None:
    """Return our client id at a server, which is no secret; None before the registration."""
    registration = await _find_client_registration(conn, server)
    return registration and registration.client_id


async def has_lasting_client_registration(conn: Conn, *, server: PlatformServerRef) -> bool:
    """Return whether our client's registration at a server exists and lasts long enough for a person's consent."""
    registration = await _find_client_registration(conn, server)
    return registration is not None and registration.lasting


async def read_unsealed_oauth_client(conn: Conn, *, server: PlatformServerRef, keyring: Keyring) -> OAuthClient | None:
    """Return our OAuth client at a server, with its unsealed secret; None before the registration."""
    registration = await _find_client_registration(conn, server)
    if registration is None:
        return None
    sealed = vault.SealedSecret(registration.vault_key_id, registration.sealed)
    plain = vault.unseal_secret(keyring, sealed, row=vault.secret_binding_name("platform_app", *server))
    return OAuthClient(registration.client_id, plain.decode())


async def ensure_register_client_job(
    conn: Conn, server: PlatformServerRef, organization_id: UUID
) -> SubmittedJob | None:
    """Submit a job that registers our OAuth client at a server; None if a lasting registration exists."""
    if await has_lasting_client_registration(conn, server=server):
        return None
    return await submit_client_registration_job(conn, server=server, organization_id=organization_id)


async def submit_client_registration_job(
    conn: Conn, *, server: PlatformServerRef, organization_id: UUID
) -> SubmittedJob:
    """Submit the job that registers our OAuth client at a server; each organization runs one at a time for a server."""
    return await ledger.submit_job(
        conn,
        kind=REGISTER_OAUTH_CLIENT_KIND,
        organization_id=organization_id,
        project_id=None,
        args=server._asdict(),
        unique_key=f"register:{server.platform}:{server.service_url}:{server.redirect_uri}",
    )


async def store_oauth_client(
    conn: Conn, *, server: PlatformServerRef, client: OAuthClient, keyring: Keyring
) -> dict[str, Any]:
    """Store our new OAuth client at a server, unless a lasting one is stored already; return the job's result."""
    row = vault.secret_binding_name("platform_app", *server)
    sealed = vault.seal_secret(keyring, client.client_secret.encode(), row=row)
    await platform_app.keep_app.run(
        conn, **server._asdict(), client_id=client.client_id, sealed=sealed.data, vault_key_id=sealed.key_id
    )
    return {"clientId": client.client_id}


async def mark_oauth_client_lasting(conn: Conn, *, server: PlatformServerRef, client_id: str) -> None:
    """Mark our OAuth client as lasting: a person has authorized it, so the server keeps it from now on."""
    await platform_app.prove_app.run(conn, **server._asdict(), client_id=client_id)


async def delete_refused_oauth_client(conn: Conn, *, server: PlatformServerRef, client_id: str) -> None:
    """Delete our OAuth client that its server no longer accepts; the next connection registers again."""
    await platform_app.forget_app.run(conn, **server._asdict(), client_id=client_id)


async def _find_client_registration(conn: Conn, server: PlatformServerRef) -> SealedOAuthClientRegistration | None:
    return await GET_CLIENT_REGISTRATION.one(conn, **server._asdict())
