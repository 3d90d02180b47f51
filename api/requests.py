"""A request as routes see it: who calls, what there is to work with, and its body read strictly."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from litestar import Request
from litestar.datastructures import State
from litestar.types import HTTPReceiveMessage

from api import body_limits, json_bodies, request_state, tables
from api.request_state import RequestState
from api.services import Services
from db.pool import Conn, transact
from domain.tenancy import sandbox_clock
from domain.tenancy.api_keys import Actor, Principal
from domain.values import steps
from schemas.errors import Conflict, Malformed, Oversized, Unauthenticated
from telemetry import costs

T = TypeVar("T")

STRANGERS = UUID(int=0)

#: Of a length: Python reads no number of thousands of digits.
MOST_DIGITS = 18


class ApiRequest(Request[Any, Any, State]):
    """A request that the guard let through, or one to a route that has no guard."""

    @property
    def services(self) -> Services:
        services: Services = self.app.state.services
        return services

    @property
    def request_state(self) -> RequestState:
        return request_state.of(self.scope)

    @property
    def principal(self) -> Principal:
        found = self.request_state.principal
        if found is None:
            raise Unauthenticated
        return found

    def require_live(self) -> Actor:
        """The caller, of what concerns live organizations. Raises `Conflict` SANDBOX_KEY."""
        if self.principal.sandbox:
            raise Conflict("SANDBOX_KEY", "this concerns live organizations: use a live key")
        return self.principal.actor

    @property
    def organization_id(self) -> UUID:
        """The caller's."""
        return self.principal.organization_id

    def connection(self) -> AbstractAsyncContextManager[Conn]:
        """A connection to Postgres, of the caller's share; all who have no key share one.

        What a sandbox reads with it is of one moment, and the request's `ahead` of the same.
        """
        who = self.request_state.principal
        if who is not None and who.sandbox and self.method == "GET":
            return self._connection_in_time(who)
        return self.services.connections.of(self._sharer)

    @asynccontextmanager
    async def _connection_in_time(self, who: Principal) -> AsyncIterator[Conn]:
        connection = self.services.connections.of(self._sharer)
        async with connection as conn, conn.transaction(isolation="repeatable_read"):
            clock = await sandbox_clock.get(conn, organization_id=who.organization_id)
            self.request_state.ahead = clock.ahead
            yield conn

    @property
    def ahead(self) -> timedelta:
        """The time that a sandbox's clock is ahead, once a connection or a held clock has said so."""
        return self.request_state.ahead

    async def read_ahead(self) -> timedelta:
        """The same, asked for; nothing of a live organization."""
        if self.principal.sandbox:
            async with self.connection():
                pass
        return self.ahead

    async def hold_clock(self, conn: Conn) -> None:
        """A sandbox's clock stands until this transaction ends. Raises `Conflict` CLOCK_ADVANCING."""
        if self.principal.sandbox:
            held = await sandbox_clock.hold(conn, organization_id=self.organization_id)
            self.request_state.ahead = held

    def event_connection(self) -> AbstractAsyncContextManager[Conn]:
        """A connection to the event store, likewise."""
        return self.services.event_connections.of(self._sharer)

    def event_connection_within(self, conn: Conn) -> AbstractAsyncContextManager[Conn]:
        """The same for whoever holds `conn`, which will do where both are one database.

        With two of one pool each, requests could all hold their first and wait for their second.
        """
        services = self.services
        if services.event_connections is services.connections:
            return nullcontext(conn)
        return self.event_connection()

    async def transact(self, work: Callable[[Conn], Awaitable[T]]) -> T:
        """Run `work` in one transaction on such a connection, and return what it returns."""
        submits = self.request_state.submits
        before = len(submits)

        async def tried(conn: Conn) -> T:
            del submits[before:]  # of a try that was rolled back
            return await work(conn)

        async with self.services.connections.share(self._sharer):
            with costs.on_connection():
                return await transact(self.services.pool, tried)

    @property
    def _sharer(self) -> UUID:
        who = self.request_state.principal
        return who.organization_id if who else STRANGERS

    async def body(self) -> bytes:
        """The whole body. Litestar itself would copy all headers for it, at a tenth of a request's cost."""
        call = self.request_state
        if call.body is None:
            call.body = await self._read()
        return call.body

    async def _read(self) -> bytes:
        """Raises 413 for a body above the route's limit, if it can before any of it is read.

        What a route streams, and its limit is for, doesn't come by here: JSON beside it is as small as any.
        """
        most: int = self.route_handler.opt[body_limits.OPTION]
        if _announced(self.request_state.headers.get(b"content-length", b"0")) > most:
            raise _too_large(most)
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            event = cast("HTTPReceiveMessage", await self.receive())
            if event["type"] == "http.disconnect":
                raise Malformed("the body ended before its end: send the request again")
            parts.append(event["body"])
            size, more = size + len(event["body"]), event["more_body"]
            if size > most:
                raise _too_large(most)
        return b"".join(parts)

    @property
    def sent_type(self) -> bytes:
        """The type that the body says it is of. A request that doesn't say is taken to send JSON."""
        given = self.request_state.headers.get(b"content-type", b"application/json")
        return given.partition(b";")[0].strip().lower()

    @property
    def sends_csv(self) -> bool:
        return self.sent_type == b"text/csv"

    @property
    def sends_parts(self) -> bool:
        return self.sent_type == b"multipart/form-data"

    async def json(self) -> Any:
        """The body as the type that the route's `data` has: nothing is converted, nothing unknown passes.

        Litestar itself would take `"5"` for a number. A table is read as the rows that it stands for, where
        the guard let one pass.
        """
        field = self.route_handler.parsed_data_field
        kind = field.annotation if field else Any
        if self.sends_csv:
            return await steps.take_turns(tables.read(await self.body(), kind))
        return await self.json_as(kind)

    async def json_as(self, kind: Any) -> Any:
        """The body as that type."""
        return await steps.take_turns(json_bodies.read(await self.body(), kind))


def _announced(length: bytes) -> int:
    if not length.isdigit() or len(length) > MOST_DIGITS:
        raise Malformed("Content-Length must be a whole number")
    return int(length)


def _too_large(most: int) -> Oversized:
    return Oversized(
        f"the body has more than {most:,} bytes, the most that this route takes", limitBytes=most
    )
