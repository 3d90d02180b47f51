"""The request object of the routes: the caller, the services, and the strictly parsed body."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from typing import Any, TypedDict, TypeVar, cast
from uuid import UUID

from litestar import Request
from litestar.datastructures import State
from litestar.types import HTTPReceiveMessage

from api.auth import api_keys
from api.http import body_limits, csv_body, json_bodies, path_ids, request_state
from api.http.request_state import RequestState
from api.services import ApiServices
from db.pool import Conn, open_transaction, run_in_transaction
from db.reach import convert_postgres_away_errors
from domain.tenancy import sandbox_clock
from domain.tenancy.api_keys import Actor, Principal
from domain.values import steps
from schemas.errors import ApiKeyUnauthenticated, BodyOversized, MalformedBody, StateConflict
from schemas.errors.absent import ObjectKind
from telemetry import costs

T = TypeVar("T")

KEYLESS_CONNECTION_QUOTA_OWNER_ID = UUID(int=0)

#: Maximum digits of Content-Length: Python refuses to parse thousands of digits.
MAX_CONTENT_LENGTH_DIGITS = 18


class OrgAndProjectIds(TypedDict):
    """A project of the caller's organization, as keyword arguments."""

    organization_id: UUID
    project_id: UUID


class ApiRequest(Request[Any, Any, State]):
    """A request after the guard, or to a route without one."""

    @property
    def services(self) -> ApiServices:
        services: ApiServices = self.app.state.services
        return services

    @property
    def request_state(self) -> RequestState:
        return request_state.request_state_of(self.scope)

    @property
    def principal(self) -> Principal:
        principal = self.request_state.principal
        if principal is None:
            raise ApiKeyUnauthenticated
        return principal

    def get_non_sandbox_actor(self) -> Actor:
        """Return the caller, as actor, on a live-only route. Raises `StateConflict` SANDBOX_KEY for a sandbox's key."""
        if self.principal.sandbox:
            raise StateConflict("SANDBOX_KEY", "this route is for live organizations: use a live key")
        return self.principal.actor

    async def authenticate_again(self) -> Principal:
        """Look up the request's key once more, after a wait; return its principal.

        Raises `ApiKeyUnauthenticated`, `KillSwitchActive`, and `ServiceUnavailable` for a moving organization, too.
        """
        call, services, client = self.request_state, self.services, self.scope["client"]
        sent = api_keys.get_sent_api_key(call)
        with convert_postgres_away_errors():
            return await services.authenticator.authenticate(
                sent,
                expected=services.authenticator.find_unverified_cached_key(sent),
                address=api_keys.find_client_ip(call, client[0] if client else "", hops=services.settings.proxy_hops),
            )

    @property
    def organization_id(self) -> UUID:
        """Return the caller's organization."""
        return self.principal.organization_id

    def parse_org_and_project_id(self, project_id: str) -> OrgAndProjectIds:
        """Return the ids of the caller's organization and a project, not looked up. Raises `ObjectNotFound`."""
        return {"organization_id": self.organization_id, "project_id": path_ids.parse_id("project", project_id)}

    def parse_org_and_object_id(self, noun: ObjectKind, **object_id: str) -> dict[str, UUID]:
        """Return the ids of the caller's organization and an object, not looked up. Raises `ObjectNotFound`."""
        [(argument, text)] = object_id.items()
        return {"organization_id": self.organization_id, argument: path_ids.parse_id(noun, text)}

    @property
    def public_api_base_url(self) -> str:
        return self.services.settings.public_url

    def acquire_connection(self) -> AbstractAsyncContextManager[Conn]:
        """Return a context with a Postgres connection of the caller's quota; callers without a key share a quota.

        In a GET of a sandbox, all reads on this connection see one snapshot. `known_sandbox_clock_offset`, the sandbox
        clock's offset, belongs to that snapshot.
        """
        who = self.request_state.principal
        if who is not None and who.sandbox and self.method == "GET":
            return self._sandbox_snapshot_connection(who)
        return self.services.connections.acquire_connection(self._connection_quota_owner_id)

    @asynccontextmanager
    async def _sandbox_snapshot_connection(self, who: Principal) -> AsyncIterator[Conn]:
        connection = self.services.connections.acquire_connection(self._connection_quota_owner_id)
        async with connection as conn, open_transaction(self.services.pool, conn, isolation="repeatable_read"):
            clock = await sandbox_clock.read_sandbox_clock(conn, organization_id=who.organization_id)
            self.request_state.ahead = clock.ahead
            yield conn

    @property
    def known_sandbox_clock_offset(self) -> timedelta:
        """Return the time by which the caller's sandbox clock is ahead of real time.

        Returns zero until a connection or a held clock has read the clock.
        """
        return self.request_state.ahead

    async def read_sandbox_clock_offset(self) -> timedelta:
        """Read, in a GET, by how much the caller's sandbox clock is ahead of real time; zero for a live caller."""
        if self.principal.sandbox:
            async with self.acquire_connection():
                pass
        return self.known_sandbox_clock_offset

    async def hold_sandbox_clock(self, conn: Conn) -> None:
        """Hold the clock of a sandbox caller until this transaction ends; do nothing for a live organization.

        A held clock can't be advanced. Raises `StateConflict` CLOCK_ADVANCING while it is being advanced.
        """
        if self.principal.sandbox:
            held = await sandbox_clock.hold_sandbox_clock(conn, organization_id=self.organization_id)
            self.request_state.ahead = held

    def acquire_event_store_connection(self) -> AbstractAsyncContextManager[Conn]:
        """Return a context with a connection to the event store, from the caller's quota."""
        return self.services.event_connections.acquire_connection(self._connection_quota_owner_id)

    def reuse_or_acquire_event_store_connection(self, conn: Conn) -> AbstractAsyncContextManager[Conn]:
        """Return a context with an event store connection: `conn` itself, if both are one database.

        If each request took two connections of one pool, all could hold their first and wait for their second.
        """
        services = self.services
        if services.event_connections is services.connections:
            return nullcontext(conn)
        return self.acquire_event_store_connection()

    async def run_transaction(self, work: Callable[[Conn], Awaitable[T]]) -> T:
        """Run `work` in one transaction of the caller's quota, once more after a deadlock; return its result."""
        submits = self.request_state.submits
        before = len(submits)

        async def tried(conn: Conn) -> T:
            del submits[before:]  # of an attempt that was rolled back
            return await work(conn)

        async with self.services.connections.reserve_connection(self._connection_quota_owner_id):
            with costs.charge_database_time():
                return await run_in_transaction(self.services.pool, tried)

    @property
    def _connection_quota_owner_id(self) -> UUID:
        who = self.request_state.principal
        return who.organization_id if who else KEYLESS_CONNECTION_QUOTA_OWNER_ID

    async def body(self) -> bytes:
        """Return the whole body. Raises `BodyOversized`, `MalformedBody`. Litestar's method copies all headers."""
        call = self.request_state
        if call.body is None:
            call.body = await self._read_limited_body()
        return call.body

    async def _read_limited_body(self) -> bytes:
        """Read the body. Raises `MalformedBody`, `BodyOversized` over the route's limit, if possible before reading.

        Routes that stream uploads don't use this method: their limit is for the upload, and JSON stays small.
        """
        max_bytes: int = self.route_handler.opt[body_limits.BODY_LIMIT_ROUTE_OPTION]
        if _parse_content_length(self.request_state.headers.get(b"content-length", b"0")) > max_bytes:
            raise _body_too_large_error(max_bytes)
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            event = cast("HTTPReceiveMessage", await self.receive())
            if event["type"] == "http.disconnect":
                raise MalformedBody("the body ended early: send the request again")
            parts.append(event["body"])
            size, more = size + len(event["body"]), event["more_body"]
            if size > max_bytes:
                raise _body_too_large_error(max_bytes)
        return b"".join(parts)

    @property
    def sent_content_type(self) -> bytes:
        """Return the request's content type in lower case without parameters; JSON if it has none."""
        content_type = self.request_state.headers.get(b"content-type", b"application/json")
        return content_type.partition(b";")[0].strip().lower()

    @property
    def has_csv_body(self) -> bool:
        return self.sent_content_type == b"text/csv"

    @property
    def has_multipart_body(self) -> bool:
        return self.sent_content_type == b"multipart/form-data"

    async def json(self) -> Any:
        """Decode the body as the type of the route's `data`, strictly: no conversion, no unknown field.

        Litestar would take `"5"` as a number. CSV is read as rows. Raises as `body` does, and `InvalidValue`.
        """
        field = self.route_handler.parsed_data_field
        kind = field.annotation if field else Any
        if self.has_csv_body:
            return await steps.run_cooperative_steps(csv_body.read_csv_body(await self.body(), kind))
        return await self.decode_body_as(kind)

    async def decode_body_as(self, kind: Any) -> Any:
        """Decode the request's JSON body as a type. Raises `BodyOversized`, `MalformedBody`, `InvalidValue`."""
        return await steps.run_cooperative_steps(json_bodies.decode_json_body(await self.body(), kind))


def _parse_content_length(length: bytes) -> int:
    if not length.isdigit() or len(length) > MAX_CONTENT_LENGTH_DIGITS:
        raise MalformedBody("Content-Length must be a whole number")
    return int(length)


def _body_too_large_error(max_bytes: int) -> BodyOversized:
    return BodyOversized(f"the body has more than {max_bytes:,} bytes, the limit of this route", limitBytes=max_bytes)
