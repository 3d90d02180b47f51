"""Attacks on the API by requests at or beyond a tenant's limits."""

import asyncio
import contextlib
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from api.limits.event_limits import LIMITS
from api.limits.rate_limits import QUOTAS, RateClass
from db.pool import Conn
from domain.events.budgets import BUDGETS
from tools.bench import tenants
from tools.bench.neighbours import victim
from tools.bench.neighbours.calls import (
    ATTACKER_ADDRESS,
    WARM_S,
    open_client,
    read_uncounted,
    run_closed_loop,
    run_paced,
    send_counted,
)
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackPlan, AttackProgress, AttackRow
from tools.bench.neighbours.victim import Scale
from tools.bench.tenants import App, Tenant

READS_A_MINUTE = QUOTAS["standard"].minute[RateClass.READ_LIGHT]

#: Concurrent reads of a burst, and the projects in each response.
BURST, BURST_PROJECTS = 400, 100

#: The app's limit, in requests a second.
ALLOWED_PER_S = LIMITS["standard"].requests
#: The multiple of the limit that the app sends.
EXCESS = 10
#: The app's connections.
SENDERS = 40
EVENTS_A_REQUEST = 20

EVENT_BUDGET = BUDGETS["standard"].events
#: Remaining events of the day at the beginning of the attack: a few seconds' worth.
REMAINING_EVENTS = 10_000
USE_UP_BUDGET = "insert into intake_day (organization_id, day, events, bytes) values ($1, $2, $3, 0)"
#: Bytes of the event store's tables with their indexes, and the number of events.
STORED_EVENTS = """
select (select sum(pg_total_relation_size(oid))::bigint
          from pg_class
         where relname ~ '^event' and relkind = 'r') as bytes,
       (select count(*) from event) as events"""

LIST_KEYS = 50
#: Projects on a page, and the metadata of each.
LIST_PROJECTS = 200
METADATA_BYTES = 8_000
FILL_METADATA = "update project set metadata = $2::jsonb where organization_id = $1"

PROJECTS = 300_000
AUDIT_ENTRIES = 1_000_000
FILTER_KEYS = 4
READERS = 30

READS = (
    "/v1/projects?search=nothing%20like%20it",
    "/v1/audit-log?action=nothing.done",
    "/v1/projects?search=zq",
    "/v1/projects?status=archived",
)

FILL_PROJECTS = """
insert into project (organization_id, id, name, timezone, primary_language)
select $1, uuidv7_like(number), 'Shop ' || md5(number::text), 'UTC', 'en'
  from generate_series(1, $2::int) as number"""

FILL_AUDIT = """
insert into audit_log (organization_id, id, action, subject)
select $1, uuidv7_like(number), 'project.updated', 'prj_' || number
  from generate_series(1, $2::int) as number"""

#: Indexes that are dropped before the inserts and rebuilt after them: much faster.
INDEXES = """
select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
  from pg_index
 where indrelid in ('project'::regclass, 'audit_log'::regclass)
   and not indisunique"""

#: Ids in the order of their numbers.
IDS = """
create or replace function uuidv7_like(number int) returns uuid language sql immutable as $$
  select ('01900000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid
$$"""


async def prepare_bursts(deployment: Deployment, scale: Scale) -> AttackPlan:
    attacker = await tenants.create(deployment.environment, tier="standard", projects=BURST_PROJECTS)
    return AttackPlan(port=deployment.port, keys=attacker.keys, many={"burst": scale.many(BURST)})


async def attack_by_bursts(plan: AttackPlan, progress: AttackProgress) -> None:
    """Send one burst after the other, all within the limit's minute."""
    async with open_client(plan, plan.keys[0]) as client:
        progress.ready.set()
        while True:
            burst = (
                send_counted(client, progress, "GET", "/v1/projects?limit=100")
                for _ in range(plan.many["burst"])
            )
            await asyncio.gather(*burst)
            await asyncio.sleep(0.5)


async def note_bursts(_: Deployment, counts: Mapping[str, int]) -> dict[str, Any]:
    return {"passed": counts.get("200", 0), "allowed": READS_A_MINUTE}


async def prepare_events(deployment: Deployment, scale: Scale) -> AttackPlan:
    attacker = await tenants.create(deployment.environment, tier="standard")
    return await _prepare_events(deployment, scale, attacker)


async def _prepare_events(deployment: Deployment, scale: Scale, attacker: Tenant) -> AttackPlan:
    app = await tenants.create_app(deployment.environment, attacker)
    return AttackPlan(
        port=deployment.port, keys=[app.key], owned=[[app.path]], many={"senders": scale.many(SENDERS)}
    )


async def attack_by_events(plan: AttackPlan, progress: AttackProgress) -> None:
    """Send from raw sockets: a full client would be slower than the API's refusals."""
    app = App(plan.owned[0][0], plan.keys[0], itertools.count())
    async with asyncio.TaskGroup() as group:
        for _ in range(plan.many["senders"]):
            group.create_task(_send_events(plan.port, app, progress))
        progress.ready.set()


async def _send_events(port: int, app: App, progress: AttackProgress) -> None:
    """Send one connection's share at fixed times, regardless of slow responses."""
    loop, every_s = asyncio.get_running_loop(), SENDERS / (EXCESS * ALLOWED_PER_S)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ATTACKER_ADDRESS, 0))
    due, request = loop.time(), _event_request(app)
    while True:
        due = max(due + every_s, loop.time() - 1)
        await asyncio.sleep(due - loop.time())
        writer.write(request)
        status = await _read_status(reader)
        progress.add(status)
        if status == "202":
            request = _event_request(app)


def _event_request(app: App) -> bytes:
    """Build a request with new events; it is repeated until it is accepted."""
    body = app.events(EVENTS_A_REQUEST)
    head = f"POST {app.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {app.key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _read_status(reader: asyncio.StreamReader) -> str:
    """Read a response with a Content-Length and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
    return head.split(" ", 2)[1]


async def note_events(_: Deployment, counts: Mapping[str, int]) -> dict[str, Any]:
    return {"passed": counts.get("202", 0), "refused": counts.get("429", 0), "allowed_per_s": ALLOWED_PER_S}


async def prepare_event_budget(deployment: Deployment, scale: Scale) -> AttackPlan:
    attacker = await tenants.create(deployment.environment, tier="standard")
    sent, today = EVENT_BUDGET - scale.many(REMAINING_EVENTS), datetime.now(UTC).date()
    await deployment.environment.pool.execute(USE_UP_BUDGET, attacker.org, today, sent)
    return await _prepare_events(deployment, scale, attacker)


async def note_event_budget(deployment: Deployment, counts: Mapping[str, int]) -> dict[str, Any]:
    """Return the requests by outcome, and the disk growth of a day at the full budget."""
    stored, events = await deployment.environment.pool.fetchrow(STORED_EVENTS) or (0, 0)
    bytes_an_event = stored / max(1, events)
    return {
        "passed": counts.get("202", 0),
        "refused": counts.get("429", 0),
        "stored_bytes_an_event": round(bytes_an_event),
        "stored_mib_a_day_at_budget": round(bytes_an_event * EVENT_BUDGET / (1 << 20)),
    }


async def prepare_filters(deployment: Deployment, scale: Scale) -> AttackPlan:
    attacker = await tenants.create(deployment.environment, tier="standard", keys=FILTER_KEYS)
    async with deployment.environment.pool.acquire() as conn, conn.transaction():
        await _fill(conn, attacker.org, scale)
    return AttackPlan(port=deployment.port, keys=attacker.keys, many={"readers": scale.many(READERS)})


async def _fill(conn: Conn, org: UUID, scale: Scale) -> None:
    await conn.execute("set local statement_timeout = 0")
    await conn.execute("set local maintenance_work_mem = '256MB'")
    await conn.execute(IDS)
    indexes = await conn.fetch(INDEXES)
    for index in indexes:
        await conn.execute(f"drop index {index['name']}")
    await conn.execute(FILL_PROJECTS, org, scale.many(PROJECTS))
    await conn.execute(FILL_AUDIT, org, scale.many(AUDIT_ENTRIES))
    for index in indexes:
        await conn.execute(index["definition"])


async def attack_by_filters(plan: AttackPlan, progress: AttackProgress) -> None:
    clients = itertools.cycle([open_client(plan, key) for key in plan.keys])
    reads = itertools.cycle(READS)

    async def read() -> None:
        await send_counted(next(clients), progress, "GET", next(reads))

    await run_closed_loop(progress, plan.many["readers"], read)


async def prepare_lists(deployment: Deployment, scale: Scale) -> AttackPlan:
    environment, keys = deployment.environment, scale.many(LIST_KEYS)
    attacker = await tenants.create(environment, tier="standard", keys=keys, projects=LIST_PROJECTS)
    metadata = {"n": "x" * METADATA_BYTES}
    assert len(msgspec.json.encode(metadata)) <= 8 * 1024
    await environment.pool.execute(FILL_METADATA, attacker.org, metadata)
    return AttackPlan(port=deployment.port, keys=attacker.keys, many={"warm_s": scale.many(WARM_S)})


async def attack_by_lists(plan: AttackPlan, progress: AttackProgress) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(open_client(plan, key)) for key in plan.keys]

        async def read(number: int) -> int:
            return await send_counted(clients[number], progress, "GET", f"/v1/projects?limit={LIST_PROJECTS}")

        every_s, warm_s = 60 / READS_A_MINUTE, plan.many["warm_s"]
        await run_paced(progress, len(clients), every_s=every_s, warm_s=warm_s, once=read)


ROWS = (
    AttackRow(
        "rate-limits", "bursts of 400 reads with a key that may send 120 a minute", victim.requests,
        prepare_bursts, attack_by_bursts, note=note_bursts,
    ),
    AttackRow(
        "events", f"an app that sends {EXCESS} times its allowed event requests", victim.events,
        prepare_events, attack_by_events, note=note_events,
    ),
    AttackRow(
        "event-budget", "an app that uses up its organization's daily event budget and keeps sending",
        victim.events, prepare_event_budget, attack_by_events, note=note_event_budget,
    ),
    AttackRow(
        "filters", "filters that match nothing in 300,000 projects and 1,000,000 audit entries",
        victim.requests, prepare_filters, attack_by_filters,
    ),
    AttackRow(
        "lists", "50 keys of one tenant read lists of 1.6 MB at their limit of 120 a minute", victim.requests,
        prepare_lists, attack_by_lists, note=read_uncounted,
    ),
)  # fmt: skip
