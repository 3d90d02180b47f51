"""Latency of webhooks, from an event's commit to the first byte at its receiver, with hanging receivers.

One process commits the events and receives them, so both times are from one clock. An event that arrives
twice or never is an error, not a figure.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from chaos import fleet
from chaos.environment import BENCH_KEYRING, BenchServersAndSettings
from db.pool import Pool, run_in_transaction
from domain.security.keyring import parse_keyring
from domain.webhooks import endpoints
from domain.webhooks.endpoints import EndpointChangeAuthor
from jobs.kinds import DELIVER_WEBHOOK_KIND
from schemas import ids
from schemas.errors import BenchmarkFailed
from schemas.settings import SETTING_NAMES_WITH_PRODUCT_PREFIX
from schemas.webhooks import WebhookEndpointCreate
from tools.bench import tenants
from tools.bench.figures import BenchmarkResult, BenchmarkRunSize, ProgressCallback, compute_percentiles

#: Organizations that own the hanging endpoints.
HANGING_ENDPOINT_OWNER_COUNT = 10
#: Timeout of deliveries.
BENCH_DELIVERY_TIMEOUT_S = 300.0
#: Timeout for deliveries of deleted endpoints.
BENCH_ENDPOINT_DELETE_TIMEOUT_S = 300.0

EMIT_BENCH_WEBHOOKS = "select emit_webhook_event($1, null, 'test.ping', $2, $2, null) from generate_series(1, $3)"

SELECT_WHETHER_ANY_DELIVERY_IS_OPEN = """
select exists (select from webhook_delivery
                where endpoint_id = any($1) and status in ('pending', 'delivering'))"""


class TimingReceiver:
    """Two servers: one responds 200 and records the arrival of each event's first byte, the other never
    responds.
    """

    def __init__(self) -> None:
        self.arrivals: dict[str, list[float]] = {}
        self.hung = 0

    async def receive_webhook(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError):
            while first := await reader.read(1):
                at = time.monotonic()
                head = (first + await reader.readuntil(b"\r\n\r\n")).decode().lower().splitlines()
                fields = dict(line.split(": ", 1) for line in head[1:] if line)
                await reader.readexactly(int(fields["content-length"]))
                self.arrivals.setdefault(fields["webhook-id"], []).append(at)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async def never_respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hung += 1
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()


class WebhookRun(NamedTuple):
    """The measured endpoint, its organization, and both receivers."""

    environment: BenchServersAndSettings
    receiver: TimingReceiver
    hanging: str
    org: UUID
    endpoint_id: UUID

    @property
    def postgres_pool(self) -> Pool:
        return self.environment.pool


async def measure_webhook_delays(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure webhook delays, also with hanging receivers; return p95s and backlog rate. Raise `BenchmarkFailed`."""
    late: dict[str, Any] = {}
    async with _open_webhook_run(environment) as stage:
        drained = await _measure_delivery_rate(stage, size, tell)
        late["rest"] = await _measure_webhook_delay_round(stage, size, tell, "at rest")
        hung = await _create_hanging_endpoint(stage, stage.org, size.webhook_waiting)
        late["beside"] = await _measure_webhook_delay_round(stage, size, tell, "with a hanging endpoint of its own")
        await _drop_hung_endpoints(stage, [hung])
        hung = await _create_hanging_endpoint(stage, await _create_bench_org(stage.environment), size.webhook_waiting)
        late["foreign"] = await _measure_webhook_delay_round(stage, size, tell, "with a foreign hanging endpoint")
        await _drop_hung_endpoints(stage, [hung])
        many = await _create_hanging_endpoints(stage, size)
        late["many"] = await _measure_webhook_delay_round(
            stage, size, tell, f"with {size.webhook_hanging} hanging endpoints"
        )
        await _drop_hung_endpoints(stage, many)
    figures = {"webhook_drain_per_s": drained, "webhook_p95_ms": late["rest"]["p95"]}
    figures |= {f"webhook_{name}_p95_ms": late[name]["p95"] for name in ("beside", "foreign", "many")}
    ratios = {name: round(late[name]["p95"] / late["rest"]["p95"], 2) for name in ("beside", "foreign", "many")}
    details = {"webhook_late_ms": late, "x_at_rest": ratios}
    return BenchmarkResult(figures, details)


@contextlib.asynccontextmanager
async def _open_webhook_run(environment: BenchServersAndSettings) -> AsyncIterator[WebhookRun]:
    """Run a dispatcher, a webhook worker and both receivers. Yield them with the measured endpoint."""
    receiver = TimingReceiver()
    async with (
        await asyncio.start_server(receiver.receive_webhook, "127.0.0.1") as receiving,
        await asyncio.start_server(receiver.never_respond, "127.0.0.1", backlog=1000) as hanging,
    ):
        hosts = [f"127.0.0.1:{server.sockets[0].getsockname()[1]}" for server in (receiving, hanging)]
        allowed = {SETTING_NAMES_WITH_PRODUCT_PREFIX["fetch_allow"]: ",".join(hosts)}
        workers = fleet.run_workers(environment, DELIVER_WEBHOOK_KIND.pool, environ=allowed)
        async with fleet.run_bench_dispatcher(environment), workers:
            org = await _create_bench_org(environment)
            endpoint_id = await _create_bench_endpoint(environment.pool, org, hosts[0])
            yield WebhookRun(environment, receiver, hosts[1], org, endpoint_id)


async def _create_bench_org(environment: BenchServersAndSettings) -> UUID:
    return (await tenants.create_bench_tenant(environment, keys=0, projects=0)).org


async def _create_bench_endpoint(pool: Pool, org: UUID, host: str) -> UUID:
    body = WebhookEndpointCreate(url=f"http://{host}/", events=["test.ping"])
    keyring = parse_keyring(BENCH_KEYRING, setting="VAULT_KEYS")
    create = partial(
        endpoints.insert_webhook_endpoint, author=EndpointChangeAuthor(org), project_id=None, body=body, keyring=keyring
    )
    shown, _ = await run_in_transaction(pool, create)
    endpoint_id = ids.parse_prefixed_id(ids.WEBHOOK_ENDPOINT_ID_PREFIX, shown.id)
    if endpoint_id is None:
        raise BenchmarkFailed("an endpoint was created without an id")
    return endpoint_id


async def _measure_delivery_rate(stage: WebhookRun, size: BenchmarkRunSize, tell: ProgressCallback) -> float:
    """Return the deliveries a second of a backlog of webhooks, from the first to the last.

    Raises `BenchmarkFailed` for a duplicate or missing event.
    """
    tell(f"{size.webhook_backlog} events wait for one endpoint")
    await stage.postgres_pool.execute(EMIT_BENCH_WEBHOOKS, stage.org, stage.endpoint_id, size.webhook_backlog)

    async def all_ended() -> bool:
        return not await stage.postgres_pool.fetchval(SELECT_WHETHER_ANY_DELIVERY_IS_OPEN, [stage.endpoint_id])

    await fleet.poll_until(all_ended, within=BENCH_DELIVERY_TIMEOUT_S, every=0.1)
    times = sorted(times[0] for times in stage.receiver.arrivals.values())
    if sum(map(len, stage.receiver.arrivals.values())) != size.webhook_backlog:
        raise BenchmarkFailed("an event came twice, or never, although nothing failed")
    return round((len(times) - 1) / (times[-1] - times[0]), 1)


async def _create_hanging_endpoint(stage: WebhookRun, org: UUID, waiting: int) -> UUID:
    """Create an endpoint with a hanging receiver and `waiting` events; return its id once a delivery hangs."""
    endpoint_id = await _create_bench_endpoint(stage.postgres_pool, org, stage.hanging)
    before = stage.receiver.hung
    await stage.postgres_pool.execute(EMIT_BENCH_WEBHOOKS, org, endpoint_id, waiting)

    async def one_hangs() -> bool:
        return stage.receiver.hung > before

    await fleet.poll_until(one_hangs, within=BENCH_DELIVERY_TIMEOUT_S)
    return endpoint_id


async def _create_hanging_endpoints(stage: WebhookRun, size: BenchmarkRunSize) -> list[UUID]:
    orgs = [await _create_bench_org(stage.environment) for _ in range(HANGING_ENDPOINT_OWNER_COUNT)]
    created = []
    for number in range(size.webhook_hanging):
        org = orgs[number % HANGING_ENDPOINT_OWNER_COUNT]
        created.append(await _create_bench_endpoint(stage.postgres_pool, org, stage.hanging))
        await stage.postgres_pool.execute(EMIT_BENCH_WEBHOOKS, org, created[-1], 50)
    return created


async def _drop_hung_endpoints(stage: WebhookRun, hung: Sequence[UUID]) -> None:
    """Delete webhook endpoints, and wait until none of their deliveries is pending."""
    await stage.postgres_pool.execute("update webhook_endpoint set deleted_at = now() where id = any($1)", [*hung])

    async def all_ended() -> bool:
        return not await stage.postgres_pool.fetchval(SELECT_WHETHER_ANY_DELIVERY_IS_OPEN, [*hung])

    await fleet.poll_until(all_ended, within=BENCH_ENDPOINT_DELETE_TIMEOUT_S, every=0.2)


async def _measure_webhook_delay_round(
    stage: WebhookRun, size: BenchmarkRunSize, tell: ProgressCallback, what: str
) -> dict[str, float]:
    """Return percentiles of the ms from an event's commit to its webhook's arrival, for single events.

    Raises `BenchmarkFailed` for an event that arrives twice, or not in time.
    """
    tell(f"{size.webhook_events} events {what}")
    committed: dict[str, float] = {}
    for _ in range(size.webhook_events):
        event_id = await stage.postgres_pool.fetchval(EMIT_BENCH_WEBHOOKS, stage.org, stage.endpoint_id, 1)
        committed[ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, event_id)] = time.monotonic()
        await asyncio.sleep(size.webhook_every_s)

    async def all_arrived() -> bool:
        return committed.keys() <= stage.receiver.arrivals.keys()

    await fleet.poll_until(all_arrived, within=BENCH_DELIVERY_TIMEOUT_S)
    twice = [event_id for event_id in committed if len(stage.receiver.arrivals[event_id]) > 1]
    if twice:
        raise BenchmarkFailed(f"{len(twice)} events came twice although nothing failed")
    return compute_percentiles(
        [(stage.receiver.arrivals[event_id][0] - at) * 1000 for event_id, at in committed.items()]
    )
