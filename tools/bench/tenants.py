"""Tenants of a run and their objects: keys, projects, apps, accounts, contents and jobs."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from chaos.environment import BenchServersAndSettings
from chaos.tasks import NOOP_BENCH_KIND
from db.pool import Conn, run_in_transaction
from domain.accounts.accounts import AccountIdentity
from domain.apps import apps
from domain.apps.apps import AppChangeAuthor
from domain.connecting import connect
from domain.content import content
from domain.projects import projects
from domain.projects.projects import ProjectToInsert
from domain.security.keyring import Keyring, parse_keyring
from domain.tenancy import api_keys, organizations
from jobs import ledger
from schemas import ids
from schemas.apps import SdkAppCreate
from schemas.organizations import LiveOrganizationTier
from schemas.projects import ProjectCreate
from workers.platforms.fakes.connect import issue_sandbox_tokens


class BenchTenant(NamedTuple):
    """An organization, its keys, and the public ids of its projects."""

    org: UUID
    keys: list[str]
    projects: list[str]


async def create_bench_tenant(
    environment: BenchServersAndSettings, *, tier: LiveOrganizationTier = "partner", keys: int = 1, projects: int = 1
) -> BenchTenant:
    """Create a live organization with `keys` API keys and `projects` projects, and return it."""
    peppers = parse_keyring(environment.settings.peppers, setting="PEPPERS")

    async def write(conn: Conn) -> BenchTenant:
        org = (await organizations.insert_organization_pair(conn, name="bench", tier=tier)).live
        shown = [await _insert_bench_api_key(conn, org, peppers) for _ in range(keys)]
        return BenchTenant(org, shown, await _insert_bench_projects(conn, org, projects))

    return await run_in_transaction(environment.pool, write)


async def create_sandbox_bench_tenant(environment: BenchServersAndSettings) -> BenchTenant:
    """Create an organization, and return its sandbox with one project and no keys."""

    async def write(conn: Conn) -> BenchTenant:
        org = (await organizations.insert_organization_pair(conn, name="bench", tier="partner")).sandbox
        return BenchTenant(org, [], await _insert_bench_projects(conn, org, 1))

    return await run_in_transaction(environment.pool, write)


class BenchEventApp(NamedTuple):
    """An SDK app: its event endpoint and key."""

    path: str
    key: str
    ids: Iterator[int]

    def build_event_body(self, count: int) -> bytes:
        """Return the JSON body of an event request with `count` new events."""
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        created = [{"name": "open", "eventId": f"e-{next(self.ids)}", "occurredAt": now} for _ in range(count)]
        return msgspec.json.encode({"events": created})


async def create_bench_event_app(environment: BenchServersAndSettings, tenant: BenchTenant) -> BenchEventApp:
    """Create an SDK app in the tenant's first project; return its event endpoint and key."""
    peppers = parse_keyring(environment.settings.peppers, setting="PEPPERS")

    async def write(conn: Conn) -> BenchEventApp:
        author = AppChangeAuthor(tenant.org, parse_public_id(ids.PROJECT_ID_PREFIX, tenant.projects[0]))
        body = SdkAppCreate(name="Shop", platform="ios", bundle_id="com.example.shop")
        created = await apps.register_sdk_app(conn, author=author, peppers=peppers, body=body, public_url="")
        return BenchEventApp(created.ingest_endpoint, created.api_key, itertools.count())

    return await run_in_transaction(environment.pool, write)


async def store_bluesky_bench_accounts(
    environment: BenchServersAndSettings, tenant: BenchTenant, servers: Sequence[str]
) -> list[str]:
    """Store a Bluesky account with fake tokens for each server in the tenant's first project; return their ids."""
    vault = parse_keyring(environment.settings.vault_keys, setting="VAULT_KEYS")

    async def write(conn: Conn) -> list[str]:
        created = []
        for number, server in enumerate(servers):
            handle = f"shop{number}"
            account_id = await connect.store_connected_account(
                conn,
                organization_id=tenant.org,
                project_id=parse_public_id(ids.PROJECT_ID_PREFIX, tenant.projects[0]),
                api_key_id=None,
                found=AccountIdentity("bluesky", server, f"did:plc:{handle}{tenant.org.hex}", handle, None, {}),
                grant=issue_sandbox_tokens("bluesky"),
                keyring=vault,
            )
            created.append(ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account_id))
        return created

    return await run_in_transaction(environment.pool, write)


async def create_bench_text_content(environment: BenchServersAndSettings, tenant: BenchTenant) -> str:
    """Create content of text only, in the tenant's first project; return its id."""

    async def write(conn: Conn) -> str:
        created = await content.create_uploaded_content(
            conn, organization_id=tenant.org, project_id=parse_public_id(ids.PROJECT_ID_PREFIX, tenant.projects[0]),
            hook=None, caption="Fresh bread today.", files=[], public_url="http://127.0.0.1",
        )  # fmt: skip
        return created.id

    return await run_in_transaction(environment.pool, write)


async def submit_waiting_jobs(environment: BenchServersAndSettings, tenant: BenchTenant, count: int) -> list[str]:
    """Submit `count` jobs that wait, since no worker runs their pool. Return their public ids."""

    async def write(conn: Conn) -> list[str]:
        jobs = [
            await ledger.submit_job(conn, kind=NOOP_BENCH_KIND, organization_id=tenant.org, project_id=None, args={})
            for _ in range(count)
        ]
        return [ids.format_prefixed_id(ids.JOB_ID_PREFIX, job.job_id) for job in jobs]

    return await run_in_transaction(environment.pool, write)


async def _insert_bench_api_key(conn: Conn, org: UUID, peppers: Keyring) -> str:
    created = await api_keys.insert_api_key(
        conn,
        peppers=peppers,
        actor=api_keys.Actor(org, "live", None, api_keys.ALL_API_KEY_SCOPES),
        name="bench",
        scopes=["*"],
        return_origins=[],
        expires_at=None,
        now=datetime.now(UTC),
    )
    return created.api_key


async def _insert_bench_projects(conn: Conn, org: UUID, count: int) -> list[str]:
    now = await conn.fetchval("select now()")
    bodies = [ProjectCreate(name=f"Shop {number}", timezone="UTC") for number in range(count)]
    drafts = [projects.compose_new_project(body, organization_id=org, now=now) for body in bodies]
    await projects.insert_new_projects(conn, [ProjectToInsert(org, None, one, None) for one in drafts])
    return [one.id for one in drafts]


def parse_public_id(prefix: str, text: str) -> UUID:
    parsed = ids.parse_prefixed_id(prefix, text)
    assert parsed is not None
    return parsed
