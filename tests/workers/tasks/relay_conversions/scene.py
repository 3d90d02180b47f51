"""A project with an app and conversions, sent to simulated destinations."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from db.pool import Conn, Pool, run_in_transaction, use_unpooled_pg_connection
from domain.apps import app_keys, apps
from domain.apps.app_keys import SdkAppOfEventRequest
from domain.apps.apps import AppChangeAuthor
from domain.events import conversions, group_commit
from domain.events.event import NewEventRow
from domain.projects import archive_status
from jobs.kinds import RELAY_CONVERSIONS_KIND
from schemas import ids
from schemas.apps import SdkAppPatch, SdkAppShown
from schemas.settings import Settings
from tests import seeds
from tests.domain.events import sending
from tests.peers.simulators.client import Sim
from tests.workers import by_hand
from tests.workers.by_hand import Died
from workers.dispatcher.events import DueConversionQueueScan
from workers.platforms.connecting import open_outgoing_network
from workers.tasks.relay_conversions import relay_conversions

PIXEL, TOKEN = "1234567890", "the-token-of-the-pixel"
EMAIL, PHONE = "Buyer@Example.com ", "+49 (151) 2345-678"
CONTEXT = {
    "userAgent": "Mozilla/5.0",
    "ip": "203.0.113.7",
    "page": {"url": "https://shop.example/thanks?email=buyer@example.com"},
    "traits": {"email": EMAIL, "phone": PHONE, "firstName": "Ada", "address": {"city": "St. Ives", "country": "GB"}},
    "os": {"name": "iOS", "version": "18.1"},
}
PROPERTIES = {"revenue_amount": 12.5, "currency": "EUR", "query": "write to buyer@example.com", "order_id": "o-1"}
#: All texts that name the person, other than hashes.
RAW = ("buyer", "Buyer", "1512345678", "+49", "Ada", "Ives")


class InterruptingConnection:
    """A connection that runs an action elsewhere before or after its `nth` statement."""

    def __init__(self, conn: Conn, nth: int, happens: Callable[[], Awaitable[Any]], *, after: bool = False) -> None:
        self._conn, self._left, self._happens, self._after = conn, nth, happens, after

    def __getattr__(self, name: str) -> Any:
        async def run(*given: Any) -> Any:
            self._left -= 1
            if not self._left and not self._after:
                await self._happens()
            found = await getattr(self._conn, name)(*given)
            if not self._left and self._after:
                await self._happens()
            return found

        return run


class DyingConnection(InterruptingConnection):
    """A connection with a process that dies before or after its `nth` statement."""

    def __init__(self, conn: Conn, nth: int, *, after: bool) -> None:
        super().__init__(conn, nth, die, after=after)


async def die() -> None:
    raise Died


@dataclass
class RelayScene:
    pool: Pool
    settings: Settings
    sim: Sim
    org: UUID
    project_id: UUID
    destination: str
    app: SdkAppShown
    look: DueConversionQueueScan = field(init=False)

    def __post_init__(self) -> None:
        self.look = DueConversionQueueScan(self.settings.database_url)

    # Actions of the owner

    @property
    def author(self) -> AppChangeAuthor:
        return AppChangeAuthor(self.org, self.project_id)

    @property
    def app_id(self) -> UUID:
        return seeds.parse_id(ids.SDK_APP_ID_PREFIX, self.app.app_id)

    async def patch(self, **fields: Any) -> None:
        await self.patch_capi({self.destination: fields})

    async def patch_capi(self, capi: dict[str, Any]) -> None:
        body = apps.check_app_patch(msgspec.convert({"capi": capi}, SdkAppPatch))
        given: dict[str, Any] = {"peppers": seeds.PEPPERS, "vault": seeds.VAULT, "body": body}
        given["public_url"] = seeds.PUBLIC_URL
        await run_in_transaction(
            self.pool, lambda conn: apps.apply_app_patch(conn, author=self.author, app_id=self.app_id, **given)
        )

    async def keyed(self) -> SdkAppOfEventRequest:
        async with self.pool.acquire() as conn:
            [found] = await app_keys.authenticate_sdk_app_keys(conn, keys=[self.app.api_key], peppers=seeds.PEPPERS)
        assert found
        return found

    async def send(self, numbers: Iterable[int], **fields: Any) -> list[UUID]:
        """Commit events with these numbers; return the ids of their conversions."""
        keyed = await self.keyed()
        given = {"name": "purchase_success", "value_micros": 12_500_000, "currency": "EUR", "user_id": "u-1"}
        given |= {"context": encoded(CONTEXT), "properties": encoded(PROPERTIES)}
        given |= {"occurred_at": datetime.now(UTC) - timedelta(minutes=5)} | fields
        events = [self.event(keyed, number, given) for number in numbers]
        relays = {(keyed.project_id, keyed.app_no): keyed.relays_by_event_name}
        await run_in_transaction(self.pool, lambda conn: group_commit.store_new_events(conn, sorted(events), relays))
        keys = [one.event_key for one in events]
        # The batching window is over.
        rows = await self.pool.fetch(
            """update event_conversion set due_at = due_at - $2 * interval '1 second'
                where event_key = any($1) returning id""",
            keys,
            conversions.CONVERSION_BATCH_WAIT_S,
        )
        return [row["id"] for row in rows]

    def event(self, keyed: SdkAppOfEventRequest, number: int, given: dict[str, Any]) -> NewEventRow:
        return sending.event(number, project_id=keyed.project_id, app_no=keyed.app_no, **given)

    async def delete_app(self) -> None:
        await run_in_transaction(
            self.pool, lambda conn: apps.delete_project_app(conn, author=self.author, app_id=self.app_id)
        )

    async def archive(self) -> None:
        stop = partial(
            archive_status.begin_project_archive, organization_id=self.org, project_id=self.project_id, api_key_id=None
        )
        await run_in_transaction(self.pool, stop)

    # Actions of the server's processes

    async def submit(self) -> None:
        async with self.pool.acquire() as conn:
            await self.look.submit_relay_jobs_of_next_queues(conn)

    async def attempt(self, *, event_store: Any = None) -> str | None:
        """Submit the due line, pull its job and perform it; return its outcome, or None if none was due."""
        await self.submit()
        async with self.pool.acquire() as conn:
            claims = await seeds.claims(conn, RELAY_CONVERSIONS_KIND, free=1)
        if not claims:
            return None
        async with open_outgoing_network(self.settings) as net:
            task = partial(relay_conversions, net=net, keyring=seeds.VAULT, event_store=event_store or self.store())
            return await by_hand.run(self.pool, claims[0], RELAY_CONVERSIONS_KIND, task)

    def store(self, wrap: Callable[[Conn], Any] = lambda conn: conn) -> Callable[[], AbstractAsyncContextManager[Any]]:
        @asynccontextmanager
        async def opened() -> AsyncIterator[Any]:
            async with use_unpooled_pg_connection(self.settings.event_store_url, name="test") as conn:
                yield wrap(conn)

        return opened

    async def finish(self, most: int = 20) -> None:
        """Run attempts until nothing is pending; end pauses at once."""
        for _ in range(most):
            await self.end_pauses()
            await self.attempt()
            if not await self.pool.fetchval("select count(*) from event_conversion where state = 'pending'"):
                return
        raise AssertionError(f"still pending: {await self.states()}")

    async def end_pauses(self) -> None:
        await self.pool.execute("update conversion_destination set retry_at = null")
        await self.pool.execute("update job set run_at = now(), stage = 'queued' where state = 'queued'")

    async def hours_pass(self, hours: float) -> None:
        """Move the first attempts into the past by `hours`, here and at the destination."""
        ago = timedelta(hours=hours)
        await self.pool.execute("update event_conversion set first_try_at = first_try_at - $1::interval", ago)
        await self.sim.advance(hours * 3600)

    # Results

    async def states(self) -> dict[str, int]:
        rows = await self.pool.fetch("select state, count(*) as n from event_conversion group by state")
        return {row["state"]: row["n"] for row in rows}

    async def rows(self) -> list[asyncpg.Record]:
        return await self.pool.fetch("select * from event_conversion order by event_key")

    async def shown(self) -> Any:
        async with self.pool.acquire() as conn:
            where = {"organization_id": self.org, "project_id": self.project_id, "app_id": self.app_id}
            app = await apps.read_sdk_app_by_id(conn, **where, public_url=seeds.PUBLIC_URL)
        return getattr(app.capi, self.destination)

    async def told(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.sim.call("GET", "/conversions")
        return found

    async def counted(self) -> dict[str, int]:
        """Return the count of each id, after checks for personal data and double counts."""
        told = await self.told()
        assert told["twice"] == []
        everything = "\n".join(told["bodies"] + told["heads"])
        assert [word for word in RAW if word in everything] == []
        return {event_id: times for _, _, event_id, times in told["counted"]}

    async def answers(self, status: int, body: dict[str, Any], **more: Any) -> None:
        await self.sim.call("POST", "/answers", status=status, body=body, **more)


def encoded(value: Any) -> str:
    return msgspec.json.encode(value).decode()
