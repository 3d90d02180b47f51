"""Attacks on the API by requests at or beyond a tenant's limits."""

import asyncio
import contextlib
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from api.limits.event_limits import EVENT_LIMITS_BY_TIER
from api.limits.rate_limits import REQUEST_RATE_LIMITS_BY_TIER, RateClass
from db.pool import Conn
from domain.events.budgets import EVENT_DAY_LIMITS_BY_TIER
from tools.bench import tenants
from tools.bench.neighbours import victim
from tools.bench.neighbours.calls import (
    ATTACKER_ADDRESS,
    MAX_WAIT_FOR_FIRST_RATE_REFUSAL_S,
    open_attacker_client,
    read_uncounted_request_count,
    run_callers_forever,
    run_paced_callers,
    send_attack_request_and_count_status,
)
from tools.bench.neighbours.deployment import AttackedDeployment
from tools.bench.neighbours.row import AttackCountsAndProgress, AttackDefinition, AttackProcessInput
from tools.bench.neighbours.victim import AttackScale
from tools.bench.tenants import BenchEventApp, BenchTenant

MAX_READ_REQUESTS_A_MINUTE_OF_API_KEY = REQUEST_RATE_LIMITS_BY_TIER["standard"].minute[RateClass.READ_LIGHT]

#: Concurrent reads of a burst, and the projects in each response.
READS_PER_BURST, PROJECTS_PER_BURST_RESPONSE = 400, 100

#: The app's limit, in requests a second.
MAX_APP_EVENT_REQUESTS_PER_S = EVENT_LIMITS_BY_TIER["standard"].requests
#: The multiple of the limit that the app sends.
EVENT_ATTACK_RATE_FACTOR = 10
#: The app's connections.
EVENT_ATTACK_CONNECTION_COUNT = 40
EVENTS_AN_ATTACK_REQUEST = 20

DAILY_EVENT_BUDGET = EVENT_DAY_LIMITS_BY_TIER["standard"].events
#: Remaining events of the day at the beginning of the attack: a few seconds' worth.
REMAINING_EVENTS_AT_BUDGET_ATTACK_START = 10_000
INSERT_USED_EVENT_BUDGET = "insert into intake_day (organization_id, day, events, bytes) values ($1, $2, $3, 0)"
#: Bytes of the event store's tables with their indexes, and the number of events.
SELECT_EVENT_STORE_SIZE = """
select (select sum(pg_total_relation_size(oid))::bigint
          from pg_class
         where relname ~ '^event' and relkind = 'r') as bytes,
       (select count(*) from event) as events"""

PROJECT_LIST_ATTACK_API_KEY_COUNT = 50
#: Projects on a page, and the metadata of each.
PROJECT_COUNT_OF_LIST_PAGE = 200
ATTACK_METADATA_BYTES = 8_000
UPDATE_ALL_PROJECTS_METADATA = "update project set metadata = $2::jsonb where organization_id = $1"

FILTER_ATTACK_PROJECT_COUNT = 300_000
FILTERED_AUDIT_ENTRY_COUNT = 1_000_000
FILTER_ATTACK_API_KEY_COUNT = 4
FILTER_READER_COUNT = 30

COSTLY_LIST_FILTER_URLS = (
    "/v1/projects?search=nothing%20like%20it",
    "/v1/audit-log?action=nothing.done",
    "/v1/projects?search=zq",
    "/v1/projects?status=archived",
)

INSERT_FILTERED_PROJECTS = """
insert into project (organization_id, id, name, timezone, primary_language)
select $1, uuidv7_like(number), 'Shop ' || md5(number::text), 'UTC', 'en'
  from generate_series(1, $2::int) as number"""

INSERT_BENCH_AUDIT_ROWS = """
insert into audit_log (organization_id, id, action, subject)
select $1, uuidv7_like(number), 'project.updated', 'prj_' || number
  from generate_series(1, $2::int) as number"""

#: Indexes that are dropped before the inserts and rebuilt after them: much faster.
SELECT_INDEXES_REBUILT_AFTER_INSERTS = """
select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
  from pg_index
 where indrelid in ('project'::regclass, 'audit_log'::regclass)
   and not indisunique"""

#: Ids in the order of their numbers.
CREATE_FUNCTION_UUIDV7_FROM_NUMBER = """
create or replace function uuidv7_like(number int) returns uuid language sql immutable as $$
  select ('01900000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid
$$"""


async def prepare_read_burst_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    attacker = await tenants.create_bench_tenant(
        deployment.environment, tier="standard", projects=PROJECTS_PER_BURST_RESPONSE
    )
    return AttackProcessInput(
        port=deployment.port, keys=attacker.keys, many={"burst": scale.scale_count(READS_PER_BURST)}
    )


async def attack_by_read_bursts(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    """Send one burst of list requests after the other, all within the rate limit's minute."""
    async with open_attacker_client(plan, plan.keys[0]) as client:
        progress.ready.set()
        while True:
            burst = (
                send_attack_request_and_count_status(client, progress, "GET", "/v1/projects?limit=100")
                for _ in range(plan.many["burst"])
            )
            await asyncio.gather(*burst)
            await asyncio.sleep(0.5)


async def count_passed_and_allowed_reads_of_burst(_: AttackedDeployment, counts: Mapping[str, int]) -> dict[str, Any]:
    return {"passed": counts.get("200", 0), "allowed": MAX_READ_REQUESTS_A_MINUTE_OF_API_KEY}


async def prepare_event_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    attacker = await tenants.create_bench_tenant(deployment.environment, tier="standard")
    return await _plan_event_flood_by_new_app(deployment, scale, attacker)


async def _plan_event_flood_by_new_app(
    deployment: AttackedDeployment, scale: AttackScale, attacker: BenchTenant
) -> AttackProcessInput:
    app = await tenants.create_bench_event_app(deployment.environment, attacker)
    return AttackProcessInput(
        port=deployment.port,
        keys=[app.key],
        owned=[[app.path]],
        many={"senders": scale.scale_count(EVENT_ATTACK_CONNECTION_COUNT)},
    )


async def attack_by_events(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    """Send ten times the events that an app may send, on raw sockets: a full client is slower than the refusals."""
    app = BenchEventApp(plan.owned[0][0], plan.keys[0], itertools.count())
    async with asyncio.TaskGroup() as group:
        for _ in range(plan.many["senders"]):
            group.create_task(_send_events_at_fixed_times(plan.port, app, progress))
        progress.ready.set()


async def _send_events_at_fixed_times(port: int, app: BenchEventApp, progress: AttackCountsAndProgress) -> None:
    """Send one connection's share of the events at fixed times; after slow responses catch up at most a second."""
    loop, every_s = (
        asyncio.get_running_loop(),
        EVENT_ATTACK_CONNECTION_COUNT / (EVENT_ATTACK_RATE_FACTOR * MAX_APP_EVENT_REQUESTS_PER_S),
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ATTACKER_ADDRESS, 0))
    due, request = loop.time(), _build_event_request(app)
    while True:
        due = max(due + every_s, loop.time() - 1)
        await asyncio.sleep(due - loop.time())
        writer.write(request)
        status = await _read_response_status(reader)
        progress.count_attack_effect(status)
        if status == "202":
            request = _build_event_request(app)


def _build_event_request(app: BenchEventApp) -> bytes:
    """Return an HTTP request with new events; the caller repeats it until it is accepted."""
    body = app.build_event_body(EVENTS_AN_ATTACK_REQUEST)
    head = f"POST {app.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {app.key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _read_response_status(reader: asyncio.StreamReader) -> str:
    """Read a response with a Content-Length and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
    return head.split(" ", 2)[1]


async def count_event_attack_answers(_: AttackedDeployment, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "passed": counts.get("202", 0),
        "refused": counts.get("429", 0),
        "allowed_per_s": MAX_APP_EVENT_REQUESTS_PER_S,
    }


async def prepare_event_budget_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    attacker = await tenants.create_bench_tenant(deployment.environment, tier="standard")
    sent, today = (
        DAILY_EVENT_BUDGET - scale.scale_count(REMAINING_EVENTS_AT_BUDGET_ATTACK_START),
        datetime.now(UTC).date(),
    )
    await deployment.environment.pool.execute(INSERT_USED_EVENT_BUDGET, attacker.org, today, sent)
    return await _plan_event_flood_by_new_app(deployment, scale, attacker)


async def summarize_budget_attack_and_disk_growth(
    deployment: AttackedDeployment, counts: Mapping[str, int]
) -> dict[str, Any]:
    """Return the event attack's requests by outcome, and the disk growth of a day at the full budget."""
    stored, events = await deployment.environment.pool.fetchrow(SELECT_EVENT_STORE_SIZE) or (0, 0)
    bytes_an_event = stored / max(1, events)
    return {
        "passed": counts.get("202", 0),
        "refused": counts.get("429", 0),
        "stored_bytes_an_event": round(bytes_an_event),
        "stored_mib_a_day_at_budget": round(bytes_an_event * DAILY_EVENT_BUDGET / (1 << 20)),
    }


async def prepare_filter_cpu_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    attacker = await tenants.create_bench_tenant(
        deployment.environment, tier="standard", keys=FILTER_ATTACK_API_KEY_COUNT
    )
    async with deployment.environment.pool.acquire() as conn, conn.transaction():
        await _insert_rows_to_filter(conn, attacker.org, scale)
    return AttackProcessInput(
        port=deployment.port, keys=attacker.keys, many={"readers": scale.scale_count(FILTER_READER_COUNT)}
    )


async def _insert_rows_to_filter(conn: Conn, org: UUID, scale: AttackScale) -> None:
    await conn.execute("set local statement_timeout = 0")
    await conn.execute("set local maintenance_work_mem = '256MB'")
    await conn.execute(CREATE_FUNCTION_UUIDV7_FROM_NUMBER)
    indexes = await conn.fetch(SELECT_INDEXES_REBUILT_AFTER_INSERTS)
    for index in indexes:
        await conn.execute(f"drop index {index['name']}")
    await conn.execute(INSERT_FILTERED_PROJECTS, org, scale.scale_count(FILTER_ATTACK_PROJECT_COUNT))
    await conn.execute(INSERT_BENCH_AUDIT_ROWS, org, scale.scale_count(FILTERED_AUDIT_ENTRY_COUNT))
    for index in indexes:
        await conn.execute(index["definition"])


async def attack_by_filters(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    clients = itertools.cycle([open_attacker_client(plan, key) for key in plan.keys])
    reads = itertools.cycle(COSTLY_LIST_FILTER_URLS)

    async def read() -> None:
        await send_attack_request_and_count_status(next(clients), progress, "GET", next(reads))

    await run_callers_forever(progress, plan.many["readers"], read)


async def prepare_large_list_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    environment, keys = deployment.environment, scale.scale_count(PROJECT_LIST_ATTACK_API_KEY_COUNT)
    attacker = await tenants.create_bench_tenant(
        environment, tier="standard", keys=keys, projects=PROJECT_COUNT_OF_LIST_PAGE
    )
    metadata = {"n": "x" * ATTACK_METADATA_BYTES}
    assert len(msgspec.json.encode(metadata)) <= 8 * 1024
    await environment.pool.execute(UPDATE_ALL_PROJECTS_METADATA, attacker.org, metadata)
    return AttackProcessInput(
        port=deployment.port, keys=attacker.keys, many={"warm_s": scale.scale_count(MAX_WAIT_FOR_FIRST_RATE_REFUSAL_S)}
    )


async def attack_by_reading_lists(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(open_attacker_client(plan, key)) for key in plan.keys]

        async def read(number: int) -> int:
            return await send_attack_request_and_count_status(
                clients[number], progress, "GET", f"/v1/projects?limit={PROJECT_COUNT_OF_LIST_PAGE}"
            )

        every_s, warm_s = 60 / MAX_READ_REQUESTS_A_MINUTE_OF_API_KEY, plan.many["warm_s"]
        await run_paced_callers(progress, len(clients), every_s=every_s, warm_s=warm_s, once=read)


REQUEST_ATTACKS = (
    AttackDefinition(
        "rate-limits", "bursts of 400 reads with a key that may send 120 a minute",
        victim.create_victim_request_action,
        prepare_read_burst_attack, attack_by_read_bursts, note=count_passed_and_allowed_reads_of_burst,
    ),
    AttackDefinition(
        "events", f"an app that sends {EVENT_ATTACK_RATE_FACTOR} times its allowed event requests",
        victim.create_victim_event_action,
        prepare_event_attack, attack_by_events, note=count_event_attack_answers,
    ),
    AttackDefinition(
        "event-budget", "an app that uses up its organization's daily event budget and keeps sending",
        victim.create_victim_event_action, prepare_event_budget_attack, attack_by_events,
        note=summarize_budget_attack_and_disk_growth,
    ),
    AttackDefinition(
        "filters", "filters that match nothing in 300,000 projects and 1,000,000 audit entries",
        victim.create_victim_request_action, prepare_filter_cpu_attack, attack_by_filters,
    ),
    AttackDefinition(
        "lists", "50 keys of one tenant read lists of 1.6 MB at their limit of 120 a minute",
        victim.create_victim_request_action,
        prepare_large_list_attack, attack_by_reading_lists, note=read_uncounted_request_count,
    ),
)  # fmt: skip
