"""A project with rows in each table of projects, and a search through all tables."""

import secrets
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from domain.brand import ingests
from domain.events import people, quarantine
from domain.events.body import RejectedEvent
from domain.media.store import MediaStore
from domain.webhooks import secrets as secrets_of_webhooks
from schemas import ids
from tests import leasing, seeds
from tests.domain.content import reviewing
from tests.domain.events import sending
from tests.domain.project import Project as Scope
from tests.domain.publishing import post_scene as scene
from tests.domain.webhooks import watching
from tests.workers.tasks.project import IngestProject


class FullProject(NamedTuple):
    """A project with rows in each table of projects, and its files' tokens."""

    scope: Scope
    owner: leasing.LeaseOwner
    tokens: list[str]


async def fill(project: IngestProject, conn: Conn, store: MediaStore) -> FullProject:
    pool, mine = project.workers.pool, Scope(project.org, project.id)
    await webhooks(conn, mine)
    mine = await scene.fill(conn, mine, accounts=2)
    content_id = await scene.pending(conn, mine, "Approved.")
    posts = await scene.schedule(conn, mine) + await scene.schedule(conn, mine, content_id=content_id)
    await reviewing.approve(conn, mine, content_id)
    owner = await leasing.owner(conn, handle=secrets.token_hex(8))
    await leasing.lend(pool, owner, mine)
    job_id = await project.start(
        ingests.start_website_ingest, url="https://example.com/", follow_links=False, max_pages=1
    )
    for key, body in (
        ("project", f'"prj_{mine.id}"'),
        ("post", f'"sp_{posts[0]}"'),
        ("other", f'"prj_{owner.project_id}"'),
    ):
        await record(conn, mine.org, key, body)
    tokens = [secrets.token_urlsafe(32) for _ in range(3)]
    for number, token in enumerate(tokens):
        await store.write(token, pieces())
        await asset(conn, mine.org, content_id, number, token)
    tokens.append(await app_media(conn, mine, store))
    await seeds.app(conn, mine.org, mine.id)
    await insert_internal_rows(conn, mine, posts[0], job_id)
    await figures(conn, mine, posts[0])
    await oauth_state(conn, mine)
    await conversions(conn, mine)
    events = [sending.event(number, project_id=mine.id, user_id="ana") for number in range(6)]
    await sending.send(conn, events[:3])
    await sending.fold_all(conn)
    await people.fold_active_users(conn)
    await sending.send(conn, events[3:])
    await ad(conn, mine)
    tokens.append(await influencer(conn, mine, store))
    await quarantine.insert_quarantined_events(
        conn, mine.id, [quarantine.to_buffered_rejection(1, RejectedEvent(0, "INVALID", b"{}"))]
    )
    return FullProject(mine, owner, tokens)


async def conversions(conn: Conn, mine: Scope) -> None:
    """Insert a destination, and a waiting conversion that no dispatcher of a test submits."""
    await raw(
        conn,
        """insert into conversion_destination (organization_id, app_id, destination)
           select organization_id, id, 'meta' from sdk_app where organization_id = $1 and project_id = $2""",
        mine.org, mine.id,
    )  # fmt: skip
    await raw(
        conn,
        """insert into event_conversion (project_id, app_no, destination, event_key, id, name, event_name,
                                         occurred_at, due_at)
           values ($1, 1, 'meta', gen_random_uuid(), gen_random_uuid(), 'sign_up', 'Register', now(),
                   now() + interval '1 day')""",
        mine.id,
    )  # fmt: skip


async def webhooks(conn: Conn, mine: Scope) -> None:
    """Insert a project's endpoint and an organization's, both with all events."""
    await watching.listen(conn, mine.org)
    endpoint_id = await watching.listen(conn, mine.org, project_id=mine.id)
    await secrets_of_webhooks.create_signing_secret(
        conn, organization_id=mine.org, endpoint_id=endpoint_id, keyring=seeds.VAULT
    )


async def insert_internal_rows(conn: Conn, mine: Scope, post_id: UUID, job_id: UUID) -> None:
    """Insert rows that only workers and platforms create."""
    await raw(
        conn,
        """insert into brand_source (organization_id, project_id, source, fields, media, job_id)
           values ($1, $2, 'website', '{}', $4, $3)""",
        mine.org, mine.id, job_id, [{"kind": "logo", "url": "https://acme.test/logo.png"}],
    )  # fmt: skip
    await raw(
        conn,
        "insert into job_attempt (organization_id, job_id, fence, attempt, started_at, outcome)"
        " values ($1, $2, 1, 1, now(), 'lost')",
        mine.org, job_id,
    )  # fmt: skip
    await raw(
        conn,
        "insert into job_secret (organization_id, job_id, sealed, vault_key_id) values ($1, $2, 'x', 'k')",
        mine.org, job_id,
    )  # fmt: skip
    await raw(
        conn,
        "insert into media_ticket (organization_id, post_id, ticket) values ($1, $2, $3)",
        mine.org, post_id, secrets.token_urlsafe(32),
    )  # fmt: skip
    await raw(
        conn,
        "insert into account_send (organization_id, account_id, id, post_id) values ($1, $2, $3, $4)",
        mine.org, mine.account_ids[0], ids.new_uuid7(), post_id,
    )  # fmt: skip


async def figures(conn: Conn, mine: Scope, post_id: UUID) -> None:
    """Insert a collection run of the account, with figures of the account and a post."""
    account_id = mine.account_ids[0]
    await raw(
        conn,
        "insert into account_collection (organization_id, account_id, asked_at) values ($1, $2, now())",
        mine.org, account_id,
    )  # fmt: skip
    await raw(
        conn,
        "insert into post_collection (organization_id, post_id, account_id, asked_at)"
        " values ($1, $3, $2, now())",
        mine.org, account_id, post_id,
    )  # fmt: skip
    await raw(
        conn,
        """insert into metric_snapshot (organization_id, account_id, subject_id, metric, at, value)
           select $1, $2, subject_id, 'followers', now(), 1 from unnest(array[$2, $3]::uuid[]) subject_id""",
        mine.org, account_id, post_id,
    )  # fmt: skip


async def ad(conn: Conn, mine: Scope) -> None:
    """Insert an ad's figures of a day."""
    await raw(
        conn,
        """insert into ad_day
                  (project_id, attribution_window, day, platform, ad_account_id, ad_id, campaign_id, adset_id,
                   currency, spend_micros, impressions, clicks, conversions, revenue_micros)
           values ($1, 'default', '2026-11-01', 'meta_ads', 'a', 'b', 'c', 'd', 'EUR', 1, 1, 1, 1, 1)""",
        mine.id,
    )  # fmt: skip


async def influencer(conn: Conn, mine: Scope, store: MediaStore) -> str:
    """Insert a ready influencer and a deleted one; return the first one's file."""
    ready, gone, token = ids.new_uuid7(), ids.new_uuid7(), secrets.token_urlsafe(32)
    await store.write(token, pieces())
    await raw(
        conn,
        """insert into influencer (organization_id, project_id, id, name, gender, age_range, brand_voice,
                                   language, seed, is_first, status, job_id, deleted_at)
           select $1, $2, id, 'Maya', 'female', 'adult', 'plain', 'en', 's', false, 'ready',
                  gen_random_uuid(), deleted_at
             from (values ($3::uuid, null), ($4, now())) t (id, deleted_at)""",
        mine.org, mine.id, ready, gone,
    )  # fmt: skip
    await raw(
        conn,
        """insert into influencer_portrait (organization_id, influencer_id, mime_type, width, height,
                                            size_bytes, sha256, token)
           values ($1, $2, 'image/jpeg', 1, 1, 15, $3, $4)""",
        mine.org, ready, bytes(32), token,
    )  # fmt: skip
    await raw(
        conn,
        "update content_item set influencer_id = $3 where organization_id = $1 and project_id = $2",
        mine.org, mine.id, gone,
    )  # fmt: skip
    return token


async def pieces() -> Any:
    yield b"bytes of a file"


async def raw(conn: Conn, statement: str, *values: Any) -> None:
    await conn.execute(statement, *values)


async def record(conn: Conn, org: UUID, key: str, body: str) -> None:
    """Insert an idempotency record with this response."""
    await raw(
        conn,
        "insert into idempotency_key (organization_id, api_key_id, key, fingerprint, status, body)"
        " values ($1, $1, $2, 'f', 200, $3)",
        org, key, body.encode(),
    )  # fmt: skip


async def asset(conn: Conn, org: UUID, content_id: UUID, position: int, token: str) -> None:
    await raw(
        conn,
        """insert into content_asset (organization_id, content_id, id, position, kind, mime_type, width,
                                      height, size_bytes, sha256, token)
           values ($1, $2, $3, $4, 'image', 'image/png', 1, 1, 15, $5, $6)""",
        org, content_id, ids.new_uuid7(), position, bytes(32), token,
    )  # fmt: skip


async def app_media(conn: Conn, mine: Scope, store: MediaStore) -> str:
    """Insert a logo and a deleted suggestion; return the logo's token."""
    await store.write(token := secrets.token_urlsafe(32), pieces())
    for status, size, own in (("ready", 15, token), ("dropped", 0, None)):
        await raw(
            conn,
            """insert into app_media (organization_id, project_id, id, kind, origin, source, status, rank,
                                      size_bytes, token)
               values ($1, $2, $3, 'logo', 'suggested', 'website', $4, 0, $5, $6)""",
            mine.org, mine.id, ids.new_uuid7(), status, size, own,
        )  # fmt: skip
    return token


async def oauth_state(conn: Conn, mine: Scope) -> None:
    await raw(
        conn,
        """with key as (
             insert into api_key (organization_id, id, name, key_id, secret_hash, pepper_id, scopes)
             values ($1, $2, 'k', $5, 'h', 'p', '{}')
             returning id)
           insert into oauth_state
                  (organization_id, state_hash, api_key_id, purpose, return_url, expires_at, project_id)
           select $1, $3, id, 'connect', 'https://example.com', now(), $4 from key""",
        mine.org, ids.new_uuid7(), secrets.token_bytes(32), mine.id, secrets.token_hex(8),
    )  # fmt: skip


async def tables(conn: Conn) -> list[str]:
    rows = await conn.fetch(
        """select table_name from information_schema.tables
            where table_schema = 'public' and table_type = 'BASE TABLE'"""
    )
    return [row["table_name"] for row in rows]


async def list_project_tables(conn: Conn) -> list[str]:
    """Return the tables with a project column, by the catalog, so that future tables are included.

    Of partitioned tables it returns only the parent, which contains its partitions' rows.
    """
    rows = await conn.fetch(
        """select table_name
             from information_schema.columns
             join information_schema.tables using (table_schema, table_name)
             join pg_class on oid = table_name::regclass
            where table_schema = 'public' and table_type = 'BASE TABLE' and column_name = 'project_id'
              and not relispartition"""
    )
    return [row["table_name"] for row in rows]


#: Matches a row `t` that contains one of these ids. A pattern of thousands of ids would take minutes.
NAMES = """
exists (select from regexp_matches(t::text, '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'g') found
         where found[1] = any($1::text[]))"""


async def list_referencing_ids(conn: Conn, *project_ids: UUID) -> list[str]:
    """Return the ids of projects, of rows that reference them, of rows that reference those, and so on."""
    known = set[str]()
    found = {str(project_id) for project_id in project_ids}
    while new := found - known:
        known |= new
        for table in await tables(conn):
            if table in {"audit_log", "organization", "api_key"}:
                continue
            rows = await conn.fetch(f"select to_jsonb(t) ->> 'id' as id from {table} t where {NAMES}", [*new])
            found |= {row["id"] for row in rows if row["id"]}
    return sorted(found)


async def count_left(conn: Conn, names: list[str]) -> dict[str, int]:
    """Count the rows by table that contain one of these ids."""
    counts = {
        table: await conn.fetchval(f"select count(*) from {table} t where {NAMES}", names)
        for table in await tables(conn)
    }
    return {table: number for table, number in counts.items() if number}
