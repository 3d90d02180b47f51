"""Log of a database: each change with a webhook event, and each event, by any writer.

Expected events are derived here from the contract's words and the rows alone.
"""

from collections import Counter
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn, Pool

#: Tables with webhook events.
TABLES = (
    "project", "job", "content_item", "content_generation", "scheduled_post", "social_account",
    "lease_request", "webhook_endpoint",
)  # fmt: skip

Told = Counter[tuple[str, str]]


class Change(NamedTuple):
    """Row before (None: absent) and after."""

    table: str
    old: dict[str, Any] | None
    new: dict[str, Any]


_BEGIN = """
create table seen_change (no bigserial primary key, name text not null, old jsonb, new jsonb not null);
create function see_change() returns trigger language plpgsql as $$
begin
    insert into seen_change (name, old, new)
    values (tg_table_name, case tg_op when 'UPDATE' then to_jsonb(old) end, to_jsonb(new));
    return null;
end $$;
"""

_WATCH = "create trigger see_change after insert or update on {} for each row execute function see_change()"


async def begin(pool: Pool) -> None:
    """Record all changes from now on, with a stream for each organization."""
    await pool.execute(_BEGIN)
    await pool.execute(
        """insert into webhook_endpoint (organization_id, id, status, events, expires_at)
           select id, new_uuid(), 'listening', '{*}', now() + interval '1 hour' from organization"""
    )
    for table in (*TABLES, "webhook_event"):
        await pool.execute(_WATCH.format(table))


async def listen(conn: Conn, org: UUID, *events: str, project_id: UUID | None = None) -> UUID:
    """Insert an endpoint of the organization, for all events by default."""
    found: UUID = await conn.fetchval(
        """insert into webhook_endpoint (organization_id, project_id, id, url, events)
           values ($1, $2, new_uuid(), 'https://hooks.example.com/', $3) returning id""",
        org, project_id, list(events) or ["*"],
    )  # fmt: skip
    return found


async def changes(pool: Pool) -> list[Change]:
    rows = await pool.fetch("select name, old, new from seen_change where name <> 'webhook_event' order by no")
    return [Change(*row) for row in rows]


async def emitted(pool: Pool) -> Told:
    """Return each event's type and object, deleted ones included."""
    rows = await pool.fetch("select new from seen_change where name = 'webhook_event' and old is null")
    return Counter((row["new"]["type"], row["new"]["object_id"]) for row in rows)


async def expected(pool: Pool) -> Told:
    """Return the expected events."""
    listening = {
        str(row["organization_id"]) for row in await pool.fetch("select organization_id from webhook_endpoint")
    }
    told = [
        (what, change)
        for change in await changes(pool)
        if change.new["organization_id"] in listening and (what := type_of(change))
    ]
    return Counter(
        (what, str(change.new["content_id" if what == "content.generated" else "id"])) for what, change in told
    )


def type_of(change: Change) -> str | None:
    """Return the contract's event for a change of a row; None: none."""
    return _OF[change.table](change.old or {}, change.new)


def _project(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    became = old.get("status") == "active" and new["status"] == "archived"
    return "project.archived" if became else None


def _job(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    open_before = old.get("state") in {"queued", "running"}
    ended = new["state"] in {"completed", "failed", "canceled"}
    return f"job.{new['state']}" if open_before and ended and not new["internal"] else None


def _content(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    status = new["approval_status"]
    return (
        f"content.{status}" if old.get("approval_status") == "pending" and status in {"approved", "rejected"} else None
    )


def _generation(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    return "content.generated" if old and old["provenance"] is None and new["provenance"] is not None else None


def _post(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    before, after = old.get("status"), new["status"]
    if after == "queued":
        # Moving a post makes another version; a test that shifts times makes none.
        moved = before == "queued" and old["scheduled_for"] != new["scheduled_for"]
        moved = moved and old["version"] != new["version"]
        return "post.scheduled" if before in {None, "blocked", "failed"} or moved else None
    return f"post.{after}" if before != after and after not in {"blocked", "publishing"} else None


def _account(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    if new["project_id"] is None:
        return None
    # A sandbox's clock moves times back.
    again = new["status"] == "connected" and old.get("connected_at", "") < new["connected_at"]
    words = {"connected": "connected", "reauth_required": "needs_reauth", "disconnected": "revoked"}
    return f"social_account.{words[new['status']]}" if old.get("status") != new["status"] or again else None


def _lease_request(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    if old and (old["assigned_at"] or "") < (new["assigned_at"] or ""):
        return "lease_request.assigned"
    return "lease_request.rejected" if old and old["reason"] is None and new["reason"] is not None else None


def _endpoint(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    became = old.get("status") in {"active", "paused"} and new["status"] == "disabled"
    return "webhook_endpoint.disabled" if became else None


_OF = {
    "project": _project, "job": _job, "content_item": _content, "content_generation": _generation,
    "scheduled_post": _post, "social_account": _account, "lease_request": _lease_request,
    "webhook_endpoint": _endpoint,
}  # fmt: skip
