"""A project with rows in each table of projects, and a search through all tables."""

import secrets
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from domain.events import quarantine
from domain.events.body import RejectedEvent
from domain.media.store import MediaStore
from domain.webhooks import secrets as secrets_of_webhooks
from jobs.kinds import INGEST_WEBSITE_KIND
from tests import leasing, seeds
from tests.domain.content import reviewing
from tests.domain.events import sending
from tests.domain.project import Project as Scope
from tests.domain.publishing import post_scene as scene
from tests.domain.webhooks import watching
from tests.workers.tasks.project import IngestProject

#: Rows of the tables that platforms, workers and flows fill, for the project in `mine`. No dispatcher of a test
#: submits the conversion.
ROWS = """
insert into conversion_destination (organization_id, app_id, destination)
select org, app.id, 'meta' from mine join sdk_app app on app.organization_id = org and app.project_id = project;

insert into event_conversion (project_id, app_no, destination, event_key, id, name, event_name, occurred_at, due_at)
select project, 1, 'meta', gen_random_uuid(), gen_random_uuid(), 'sign_up', 'Register', now(), now() + interval '1 day'
  from mine;

insert into brand_source (organization_id, project_id, source, fields, media, job_id)
select org, project, 'website', '{}'::jsonb, '[{"kind": "logo", "url": "https://acme.test/logo.png"}]'::jsonb, job
  from mine;

insert into job_attempt (organization_id, job_id, fence, attempt, started_at, outcome)
select org, job, 1, 1, now(), 'lost' from mine;

insert into job_secret (organization_id, job_id, sealed, vault_key_id) select org, job, 'x'::bytea, 'k' from mine;

insert into media_ticket (organization_id, post_id, ticket) select org, post, reverse(tokens[1]) from mine;

insert into account_send (organization_id, account_id, id, post_id)
select org, account, gen_random_uuid(), post from mine;

insert into account_collection (organization_id, account_id, asked_at) select org, account, now() from mine;

insert into post_collection (organization_id, post_id, account_id, asked_at) select org, post, account, now() from mine;

insert into metric_snapshot (organization_id, account_id, subject_id, metric, at, value)
select org, account, subject, 'followers', now(), 1 from mine, unnest(array[account, post]) subject;

insert into ad_day (project_id, attribution_window, day, platform, ad_account_id, ad_id, campaign_id, adset_id,
                    currency, spend_micros, impressions, clicks, conversions, revenue_micros)
select project, 'default', date '2026-11-01', 'meta_ads', 'a', 'b', 'c', 'd', 'EUR', 1, 1, 1, 1, 1 from mine;

insert into content_asset (organization_id, content_id, id, position, kind, mime_type, width, height, size_bytes,
                           sha256, token)
select org, content, gen_random_uuid(), n - 1, 'image', 'image/png', 1, 1, 15, sha256(''::bytea), tokens[n]
  from mine, generate_series(1, 3) n;

insert into influencer (organization_id, project_id, id, name, gender, age_range, brand_voice, language, seed,
                        is_first, status, job_id, deleted_at)
select org, project, gen_random_uuid(), 'Maya', 'female', 'adult', 'plain', 'en', 's', false, 'ready',
       gen_random_uuid(), end_at
  from mine, (values (null), (now())) ends (end_at);

insert into influencer_portrait (organization_id, influencer_id, mime_type, width, height, size_bytes, sha256, token)
select org, ready.id, 'image/jpeg', 1, 1, 15, sha256(''::bytea), tokens[4]
  from mine join influencer ready on ready.project_id = project and ready.deleted_at is null;

update content_item c set influencer_id = gone.id
  from mine join influencer gone on gone.project_id = project and gone.deleted_at is not null
 where c.organization_id = org and c.project_id = project;

insert into approved_claim (organization_id, project_id, id, text, source, approved_by, valid_until)
select org, project, gen_random_uuid(), 'Lunch from 9.90 euros', 'The menu', 'Dana Reyes', now() + interval '1 day'
  from mine;

update content_item c set approved_claim_ids = array[a.id]
  from mine join approved_claim a on a.project_id = project
 where c.organization_id = org and c.project_id = project;

with template as (
  insert into content_template (organization_id, id, project_id, name, version)
  select org, gen_random_uuid(), project, 'harbour', 1 from mine
  returning organization_id, id)
insert into content_template_version (organization_id, template_id, version, html, header)
select organization_id, id, 1, '<section></section>', '{}' from template;

insert into app_media (organization_id, project_id, id, kind, origin, source, status, rank, size_bytes, token)
select org, project, gen_random_uuid(), 'logo', 'suggested', 'website', logo.status, 0, logo.size, logo.token
  from mine, lateral (values ('ready', 15, tokens[5]), ('dropped', 0, null)) logo (status, size, token);

insert into idempotency_key (organization_id, api_key_id, key, fingerprint, status, body)
select org, org, answer.key, 'f'::bytea, 200, answer.body::bytea
  from mine,
       lateral (values ('project', format('"prj_%s"', project)), ('post', format('"sp_%s"', post)),
                       ('other', format('"prj_%s"', other))) answer (key, body);

with key as (
  insert into api_key (organization_id, id, name, key_id, secret_hash, pepper_id, scopes)
  select org, gen_random_uuid(), 'k', left(tokens[1], 16), 'h'::bytea, 'p', '{}'::text[] from mine
  returning id)
insert into oauth_state (organization_id, state_hash, api_key_id, purpose, return_url, expires_at, project_id)
select org, sha256(tokens[1]::bytea), key.id, 'connect', 'https://example.com', now(), project from mine, key;
"""


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
    job_id = await project.start(INGEST_WEBSITE_KIND, url="https://example.com/", follow_links=False, max_pages=1)
    await seeds.app(conn, mine.org, mine.id)
    tokens = [secrets.token_urlsafe(32) for _ in range(5)]
    for token in tokens:
        await store.write(token, pieces())
    named = (mine.org, mine.id, owner.project_id, mine.account_ids[0], posts[0], content_id, job_id)
    await insert_rows(conn, *named, tokens)
    events = [sending.event(number, project_id=mine.id, user_id="ana") for number in range(6)]
    await sending.send(conn, events[:3])
    await sending.fold_all(conn)
    await sending.send(conn, events[3:])
    await quarantine.insert_rejected_events(
        conn, mine.id, [quarantine.build_event_rejection_to_buffer(1, RejectedEvent(0, "INVALID", b"{}"))]
    )
    return FullProject(mine, owner, tokens)


async def insert_rows(conn: Conn, *mine: Any) -> None:
    """Insert `ROWS` for the values of `mine`."""
    async with conn.transaction():
        await conn.execute(
            """create temporary table mine (org uuid, project uuid, other uuid, account uuid, post uuid, content uuid,
                                            job uuid, tokens text[]) on commit drop"""
        )
        await conn.execute("insert into mine values ($1, $2, $3, $4, $5, $6, $7, $8)", *mine)
        await conn.execute(ROWS)


async def webhooks(conn: Conn, mine: Scope) -> None:
    """Insert a project's endpoint and an organization's, both with all events."""
    await watching.listen(conn, mine.org)
    endpoint_id = await watching.listen(conn, mine.org, project_id=mine.id)
    await secrets_of_webhooks.create_signing_secret(
        conn, organization_id=mine.org, endpoint_id=endpoint_id, keyring=seeds.VAULT
    )


async def pieces() -> Any:
    yield b"bytes of a file"


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
