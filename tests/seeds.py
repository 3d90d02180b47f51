"""Rows that a test starts from, written by the product's own verbs."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from db.pool import Conn
from domain.accounts.accounts import Found
from domain.accounts.credentials import Grant
from domain.connecting import connect
from domain.content import content as contents
from domain.projects import projects
from domain.projects.projects import New
from domain.publishing import scheduling
from domain.security.keyring import parse_keyring
from domain.tenancy import organizations
from jobs import heartbeat, ledger
from jobs.kinds import Kind
from jobs.ledger import Claim
from schemas import ids
from schemas.posts import ScheduleContent, Target
from schemas.projects import ProjectCreate
from tests.servers import KEYRING

VAULT = parse_keyring(KEYRING, setting="VAULT_KEYS")

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


async def organization(conn: Conn) -> UUID:
    """A live organization of the partner tier."""
    return (await organizations.create(conn, name="Acme", tier="partner")).live


async def project(conn: Conn, org: UUID, **fields: Any) -> UUID:
    """A project; `fields` are those of `ProjectCreate`."""
    body = ProjectCreate(**{"name": "Shop", "timezone": "Europe/Berlin"} | fields)
    drafted = projects.draft(body, organization_id=org, now=NOW)
    await projects.create(conn, [New(org, None, drafted, None)])
    found = ids.read(ids.PROJECT, drafted.id)
    assert found is not None
    return found


async def account(
    conn: Conn,
    org: UUID,
    project_id: UUID,
    *,
    handle: str = "shop",
    platform: str = "mastodon",
    **fields: Any,
) -> UUID:
    """A connected account; `fields` are those of `Found`, and its `grant`."""
    grant = fields.pop("grant", None) or Grant(access_token="the-access-token")
    server = {"service_url": f"https://{platform}.example", "external_id": handle, "avatar_url": None}
    found = Found(platform=platform, handle=handle, **server | {"traits": {}} | fields)
    return await connect.connect(
        conn,
        organization_id=org,
        project_id=project_id,
        api_key_id=None,
        found=found,
        grant=grant,
        keyring=VAULT,
    )


async def content(conn: Conn, org: UUID, project_id: UUID, *, caption: str = "Fresh bread today.") -> UUID:
    """Completed content without files; it awaits an approval if the project's policy says so."""
    async with conn.transaction():
        made = await contents.create_uploaded(
            conn,
            organization_id=org,
            project_id=project_id,
            hook=None,
            caption=caption,
            files=[],
            public_url="https://api.example",
        )
    found = ids.read(ids.CONTENT, made.id)
    assert found is not None
    return found


async def post(
    conn: Conn, org: UUID, content_id: UUID, account_id: UUID, *, at: datetime | None = None, **fields: Any
) -> UUID:
    """A post that is due now or `at` its time; `fields` are those of `Target`."""
    now, target = datetime.now(UTC), Target(social_account_id=ids.show(ids.ACCOUNT, account_id), **fields)
    asked: dict[str, Any] = {"organization_id": org, "content_id": content_id, "now": now}
    body = ScheduleContent(
        targets=[target],
        scheduled_for=(at or now).astimezone(UTC).isoformat().replace("+00:00", "Z"),
        allow_duplicate=True,
    )
    async with conn.transaction():
        scheduled, _ = await scheduling.schedule(conn, **asked, body=body)
    found = ids.read(ids.POST, scheduled.scheduled_posts[0].id)
    assert found is not None
    return found


async def claims(conn: Conn, kind: Kind, *, free: int = 10) -> list[Claim]:
    """The claims of a worker that has just come up."""
    worker_id = ids.new()
    await heartbeat.register(
        conn, worker_id=worker_id, pool=kind.pool, host="test", pid=1, version="1", slots=free, lease_s=60
    )
    return await ledger.pull(conn, pool=kind.pool, worker_id=worker_id, free=free, kinds=[kind])
