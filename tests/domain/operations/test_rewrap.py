"""Rewrap: every sealed row gets the new key, under concurrent use, and opens only in its place."""

import asyncio
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag

from db.pool import Conn, Pool
from db.queries.sealed import SEALED_TABLES
from domain.accounts import client_registrations, credentials
from domain.accounts.client_registrations import OAuthClient, PlatformServerRef
from domain.accounts.credentials import TokenGrant
from domain.apps import destinations
from domain.oauth import oauth_states
from domain.operations import rewrap
from domain.security import job_secrets, vault
from domain.security.keyring import Keyring, check_keyrings
from domain.tenancy import idempotency
from domain.tenancy.idempotency import IdempotencyKeyUse, StoredIdempotentAnswer
from domain.webhooks import endpoints, secrets
from jobs import ledger
from jobs.kinds import CONNECT_ACCOUNT_KIND
from schemas import ids
from schemas.conversions import CapiDestinationPatch, CapiPatch
from schemas.errors import SealedValueInvalid, SettingsInvalid
from schemas.webhooks import WebhookEndpointCreate
from tests import seeds
from tests.domain.project import Project
from tests.waiting import eventually

OLD = seeds.VAULT
NEW_KEY = bytes(range(100, 132))
BOTH = Keyring("new", {"new": NEW_KEY, **OLD.keys})
NEW = Keyring("new", {"new": NEW_KEY})

SECRET_TABLES = [table.name for table in SEALED_TABLES]
SERVER = PlatformServerRef("mastodon", "https://mastodon.example", "https://us.example/callback")


class Sealed(NamedTuple):
    """A row in each table with secrets."""

    org: UUID
    account_id: UUID
    state: str
    record: IdempotencyKeyUse
    job: ledger.JobClaim
    post_id: UUID
    app_id: UUID
    endpoint_id: UUID


def ignore(_: int) -> None:
    """Ignore the progress."""


async def seal_each(conn: Conn, project: Project, keyring: Keyring = OLD) -> Sealed:
    key = seeds.parse_id(ids.API_KEY_ID_PREFIX, (await seeds.api_key(conn, project.org)).id)
    account_id = await seeds.account(conn, project.org, project.id)
    await put(conn, project.org, account_id, keyring, "the token")
    await client_registrations.store_oauth_client(
        conn, server=SERVER, client=OAuthClient("us", "the client secret"), keyring=keyring
    )
    state, _ = await oauth_states.create_oauth_state(
        conn,
        organization_id=project.org,
        api_key_id=key,
        purpose="test",
        return_url="https://app.example/",
        now=seeds.NOW,
        lifetime=timedelta(minutes=10),
        bound=True,
        verifier=("the verifier", keyring),
    )
    record = IdempotencyKeyUse(project.org, key, "k", bytes(32))
    await idempotency.try_to_claim_idempotency_key(conn, record)
    await idempotency.store_idempotent_answer(
        conn,
        idempotency.build_idempotency_record(
            record, StoredIdempotentAnswer(200, None, b'"body"', None), seal_with=keyring
        ),
    )
    job, post_id = await a_job(conn, project, keyring), await a_post(conn, project, account_id, keyring)
    app_id = await an_app(conn, project, keyring)
    endpoint_id = await an_endpoint(conn, project, keyring)
    return Sealed(project.org, account_id, state, record, job, post_id, app_id, endpoint_id)


async def an_endpoint(conn: Conn, project: Project, keyring: Keyring) -> UUID:
    """Insert an endpoint with a signing secret."""
    body = WebhookEndpointCreate(url="https://hooks.example.com/", events=["*"])
    author = endpoints.EndpointChangeAuthor(project.org)
    shown, _ = await endpoints.insert_webhook_endpoint(conn, author=author, project_id=None, body=body, keyring=keyring)
    return seeds.parse_id(ids.WEBHOOK_ENDPOINT_ID_PREFIX, shown.id)


async def an_app(conn: Conn, project: Project, keyring: Keyring) -> UUID:
    """Insert an app with conversions to Meta."""
    app_id = seeds.parse_id(ids.SDK_APP_ID_PREFIX, (await seeds.app(conn, project.org, project.id)).app_id)
    meta = CapiDestinationPatch(enabled=True, pixel_id="1", access_token="the pixel's token")
    await destinations.apply_capi_patch(conn, project.org, app_id, CapiPatch(meta=meta), keyring)
    return app_id


async def put(conn: Conn, org: UUID, account_id: UUID, keyring: Keyring, token: str) -> None:
    grant = TokenGrant(access_token=token)
    await credentials.store_tokens_at_connect(
        conn, organization_id=org, account_id=account_id, grant=grant, keyring=keyring
    )


async def a_job(conn: Conn, project: Project, keyring: Keyring) -> ledger.JobClaim:
    submitted = await ledger.submit_job(
        conn, kind=CONNECT_ACCOUNT_KIND, organization_id=project.org, project_id=project.id, args={}
    )
    job = {"organization_id": project.org, "job_id": submitted.job_id}
    await job_secrets.store_job_secret(conn, **job, secret=b"the code", keyring=keyring)
    [claim] = await seeds.claims(conn, CONNECT_ACCOUNT_KIND)
    return claim


async def a_post(conn: Conn, project: Project, account_id: UUID, keyring: Keyring) -> UUID:
    content_id = await seeds.content(conn, project.org, project.id)
    post_id = await seeds.post(conn, project.org, content_id, account_id)
    row = vault.secret_binding_name("scheduled_post", project.org, post_id)
    sealed = vault.seal_secret(keyring, b"the upload's address", row=row)
    await conn.execute(
        "update scheduled_post set sealed = $2, vault_key_id = $3 where id = $1", post_id, sealed.data, sealed.key_id
    )
    return post_id


async def opened(conn: Conn, sealed: Sealed, keyring: Keyring) -> list[str | bytes]:
    """Open all secrets."""
    where = {"organization_id": sealed.org, "account_id": sealed.account_id}
    tokens = await credentials.read_account_tokens(conn, **where, keyring=keyring)
    client = await client_registrations.read_unsealed_oauth_client(conn, server=SERVER, keyring=keyring)
    _, verifier = await oauth_states.use_up_oauth_state(
        conn, state=sealed.state, purpose="test", now=seeds.NOW, keyring=keyring
    )
    answer = await idempotency.read_idempotent_answer(conn, sealed.record, keyring=keyring)
    assert client
    assert verifier
    code = await job_secrets.unseal_job_secret(conn, claim=sealed.job, keyring=keyring)
    post = await conn.fetchrow("select sealed, vault_key_id from scheduled_post where id = $1", sealed.post_id)
    assert post
    kept = vault.SealedSecret(post["vault_key_id"], post["sealed"])
    row_name = vault.secret_binding_name("scheduled_post", sealed.org, sealed.post_id)
    address = vault.unseal_secret(keyring, kept, row=row_name)
    at: dict[str, Any] = {"org": sealed.org, "app_id": sealed.app_id, "destination": "meta"}
    row = await destinations.GET_CONVERSION_DESTINATION.row(conn, **at)
    assert row.sealed
    assert row.vault_key_id
    kept = vault.SealedSecret(row.vault_key_id, row.sealed)
    token = vault.unseal_secret(keyring, kept, row=vault.secret_binding_name("conversion_destination", *at.values()))
    [signing] = await secrets.unseal_webhook_keys(
        conn, organization_id=sealed.org, endpoint_id=sealed.endpoint_id, keyring=keyring
    )
    length = len(signing).to_bytes()
    return [
        tokens.access_token, client.client_secret, verifier, answer.body, code, address, token, length
    ]  # fmt: skip


PLAIN = [
    "the token", "the client secret", "the verifier", b'"body"', b"the code", b"the upload's address",
    b"the pixel's token", b"\x20",
]  # fmt: skip


async def test_key_can_be_dropped_after_a_rewrap(pool: Pool, conn: Conn, project: Project) -> None:
    sealed = await seal_each(conn, project)
    with pytest.raises(SettingsInvalid, match="VAULT_KEYS lacks test"):
        await check_keyrings(conn, peppers=OLD, vault=NEW)
    assert await rewrap.count_secrets_of_older_keys(conn, keyring=BOTH) == len(SECRET_TABLES)
    told: list[int] = []
    assert await rewrap.rewrap_all_secrets(pool, keyring=BOTH, report=told.append) == dict.fromkeys(SECRET_TABLES, 1)
    assert sum(told) == len(SECRET_TABLES)
    await check_keyrings(conn, peppers=OLD, vault=NEW)
    assert await opened(conn, sealed, NEW) == PLAIN
    assert await rewrap.rewrap_all_secrets(pool, keyring=BOTH, report=ignore) == dict.fromkeys(SECRET_TABLES, 0)


async def test_the_keyring_has_to_know_every_tables_keys(conn: Conn, project: Project) -> None:
    await seal_each(conn, project)
    for table in SECRET_TABLES:
        async with conn.transaction():
            others = [name for name in SECRET_TABLES if name != table]
            for name in others:
                await conn.execute(f"update {name} set vault_key_id = 'new' where vault_key_id is not null")
            with pytest.raises(SettingsInvalid, match="VAULT_KEYS lacks test"):
                await check_keyrings(conn, peppers=OLD, vault=NEW)
            for name in others:
                await conn.execute(f"update {name} set vault_key_id = 'test' where vault_key_id is not null")


async def test_a_flipped_bit_opens_nothing(pool: Pool, conn: Conn, project: Project) -> None:
    """In any table: the rewrap stops there, and no read gets beyond it."""
    sealed = await seal_each(conn, project)
    for table in SECRET_TABLES:
        column = "body" if table == "idempotency_key" else "sealed"
        flip = f"update {table} set {column} = set_bit({column}, 700, 1 - get_bit({column}, 700))"
        await conn.execute(flip)
        with pytest.raises(SealedValueInvalid, match=table):
            await rewrap.rewrap_all_secrets(pool, keyring=BOTH, report=ignore)
        reading = conn.transaction()
        await reading.start()
        with pytest.raises(InvalidTag):
            await opened(conn, sealed, BOTH)
        await reading.rollback()
        await conn.execute(flip)


async def test_two_rows_that_are_swapped_open_nothing(conn: Conn, project: Project) -> None:
    one = await seeds.account(conn, project.org, project.id, handle="one")
    other = await seeds.account(conn, project.org, project.id, handle="other")
    await conn.execute(
        """update account_credential c set sealed = o.sealed from account_credential o
            where o.account_id <> c.account_id"""
    )
    for account_id in (one, other):
        with pytest.raises(InvalidTag):
            await credentials.read_account_tokens(conn, organization_id=project.org, account_id=account_id, keyring=OLD)


async def test_row_that_changes_meanwhile_keeps_its_value(pool: Pool, conn: Conn, project: Project) -> None:
    """The writer has the new keyring by then; the rewrap waits for the row, and finds it done."""
    sealed = await seal_each(conn, project)
    async with pool.acquire() as writer:
        written = writer.transaction()
        await written.start()
        await put(writer, sealed.org, sealed.account_id, BOTH, "a newer token")
        running = asyncio.create_task(rewrap.rewrap_all_secrets(pool, keyring=BOTH, report=ignore))
        await eventually(lambda: conn.fetchval("select exists (select from pg_locks where not granted)"))
        await written.commit()
        assert (await running)["account_credential"] == 0
    where = {"organization_id": sealed.org, "account_id": sealed.account_id}
    assert (await credentials.read_account_tokens(conn, **where, keyring=NEW)).access_token == "a newer token"


async def test_rewrap_runs_over_batches(
    pool: Pool, conn: Conn, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrap, "REWRAP_BATCH_ROWS", 2)
    for number in range(5):
        await seeds.account(conn, project.org, project.id, handle=f"shop-{number}")
    told: list[int] = []
    done = await rewrap.rewrap_all_secrets(pool, keyring=BOTH, report=told.append)
    assert (done["account_credential"], told) == (5, [2, 2, 1])


async def test_account_secrets_are_never_shown(conn: Conn, project: Project) -> None:
    account_id = await seeds.account(conn, project.org, project.id)
    tokens = await credentials.read_account_tokens(
        conn, organization_id=project.org, account_id=account_id, keyring=OLD
    )
    assert "the-access-token" not in f"{tokens!r} {tokens} {TokenGrant(access_token='the-access-token')!r}"
