"""Rows that a test starts from, written by the product's own functions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from db.pool import Conn
from domain.accounts.accounts import AccountIdentity
from domain.accounts.credentials import TokenGrant
from domain.apps import apps
from domain.apps.apps import AppChangeAuthor
from domain.connecting import connect
from domain.content import content as contents
from domain.projects import projects
from domain.projects.projects import ProjectToInsert
from domain.publishing import scheduling
from domain.security.keyring import parse_keyring
from domain.tenancy import api_keys, organizations
from domain.tenancy.api_keys import Actor
from jobs import ledger
from jobs.kinds import JobKindSpec
from jobs.ledger import JobClaim
from schemas import ids
from schemas.api_keys import ApiKeyShown
from schemas.apps import SdkAppCreate, SdkAppShown
from schemas.posts import ScheduleContent, Target
from schemas.projects import ProjectCreate
from tests.jobs import scene
from tests.servers import KEYRING

PUBLIC_URL = "https://api.example"
PEPPERS = parse_keyring(KEYRING, setting="PEPPERS")
VAULT = parse_keyring(KEYRING, setting="VAULT_KEYS")

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def parse_id(kind: str, shown: str) -> UUID:
    """Return the UUID of an id that the API shows."""
    found = ids.parse_prefixed_id(kind, shown)
    assert found is not None
    return found


async def organization(conn: Conn) -> UUID:
    """Create a live organization of the partner tier."""
    return (await organizations.insert_organization_pair(conn, name="Acme", tier="partner")).live


async def api_key(conn: Conn, org: UUID, **given: Any) -> ApiKeyShown:
    """Create a key as an operator on the server does; `given` are arguments of `insert_api_key`."""
    asked: dict[str, Any] = {"actor": Actor(org, "live", None, api_keys.ALL_API_KEY_SCOPES), "name": "test"}
    asked |= {"scopes": ["*"], "return_origins": [], "expires_at": None, "now": datetime.now(UTC)}
    return await api_keys.insert_api_key(conn, peppers=PEPPERS, **asked | given)


async def project(conn: Conn, org: UUID, **fields: Any) -> UUID:
    """Create a project; `fields` are those of `ProjectCreate`."""
    body = ProjectCreate(**{"name": "Shop", "timezone": "Europe/Berlin"} | fields)
    composed = projects.compose_new_project(body, organization_id=org, now=NOW)
    await projects.insert_new_projects(conn, [ProjectToInsert(org, None, composed, None)])
    return parse_id(ids.PROJECT_ID_PREFIX, composed.id)


async def account(
    conn: Conn, org: UUID, project_id: UUID, *, handle: str = "shop", platform: str = "mastodon", **fields: Any
) -> UUID:
    """Create a connected account; `fields` are those of `AccountIdentity`, and its `grant`."""
    grant = fields.pop("grant", None) or TokenGrant(access_token="the-access-token")
    server = {"service_url": f"https://{platform}.example", "external_id": handle, "avatar_url": None}
    found = AccountIdentity(platform=platform, handle=handle, **server | {"traits": {}} | fields)
    return await connect.store_connected_account(
        conn, organization_id=org, project_id=project_id, api_key_id=None, found=found, grant=grant, keyring=VAULT
    )


async def app(conn: Conn, org: UUID, project_id: UUID, **fields: Any) -> SdkAppShown:
    """Create an SDK app, of the web by default; `fields` are those of `SdkAppCreate`."""
    body = SdkAppCreate(**{"name": "Shop", "platform": "web", "web_domain": "shop.example"} | fields)
    async with conn.transaction():
        return await apps.register_sdk_app(
            conn,
            author=AppChangeAuthor(org, project_id),
            peppers=PEPPERS,
            body=apps.check_new_app(body),
            public_url=PUBLIC_URL,
        )


async def content(conn: Conn, org: UUID, project_id: UUID, *, caption: str = "Fresh bread today.") -> UUID:
    """Create completed content without files; it awaits an approval if the project's policy requires one."""
    async with conn.transaction():
        made = await contents.create_uploaded_content(
            conn,
            organization_id=org,
            project_id=project_id,
            hook=None,
            caption=caption,
            files=[],
            public_url=PUBLIC_URL,
        )
    return parse_id(ids.CONTENT_ID_PREFIX, made.id)


def in_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def posts(
    conn: Conn,
    org: UUID,
    content_id: UUID,
    account_ids: Sequence[UUID],
    *,
    at: datetime | None = None,
    target: Mapping[str, Any] | None = None,
    approver_id: UUID | None = None,
    **fields: Any,
) -> list[UUID]:
    """Create a post for each account, due now or `at` its time; `fields` are those of `ScheduleContent`."""
    shown, now = (
        [ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account_id) for account_id in account_ids],
        datetime.now(UTC),
    )
    body = ScheduleContent(
        targets=[Target(social_account_id=account_id, **target or {}) for account_id in shown],
        scheduled_for=in_utc(at or now),
        **{"allow_duplicate": True} | fields,
    )
    async with conn.transaction():
        scheduled, _ = await scheduling.create_scheduled_posts_of_content(
            conn, organization_id=org, content_id=content_id, approver_id=approver_id, body=body, now=now
        )
    return [UUID(made.id.removeprefix("sp_")) for made in scheduled.scheduled_posts]


async def post(
    conn: Conn, org: UUID, content_id: UUID, account_id: UUID, *, at: datetime | None = None, **target: Any
) -> UUID:
    """Create one post; other arguments are fields of `Target`."""
    [made] = await posts(conn, org, content_id, [account_id], at=at, target=target)
    return made


async def claims(conn: Conn, kind: JobKindSpec, *, free: int = 10) -> list[JobClaim]:
    """Return the claims of a new worker."""
    worker_id = await scene.worker(conn, kind, slots=free)
    return await ledger.claim_due_jobs(conn, pool=kind.pool, worker_id=worker_id, free=free, kinds=[kind])
