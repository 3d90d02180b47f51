"""A request as routes see it: who calls, what there is to work with, and its body read strictly."""

import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import InternalServerException

from api import faults, request_state
from api.request_state import RequestState
from api.services import Services
from db.pool import Conn, transact
from domain.tenancy.api_keys import Actor, Principal
from domain.values import numbers
from schemas.errors import Conflict, Invalid, Malformed, Unauthenticated

T = TypeVar("T")

#: An escaped NUL: an odd number of backslashes before its `u`.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
SAY_JSON = "the body is not readable JSON in UTF-8"
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

STRANGERS = UUID(int=0)


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
        """A connection to Postgres, of the caller's share; all who have no key share one."""
        return self.services.connections.of(self._sharer)

    async def transact(self, work: Callable[[Conn], Awaitable[T]]) -> T:
        """Run `work` in one transaction on such a connection, and return what it returns."""
        async with self.services.connections.share(self._sharer):
            return await transact(self.services.pool, work)

    @property
    def _sharer(self) -> UUID:
        who = self.request_state.principal
        return who.organization_id if who else STRANGERS

    async def body(self) -> bytes:
        """Litestar calls a client that hangs up in mid-body a fault of ours."""
        try:
            return await super().body()
        except InternalServerException:
            raise Malformed("the body ended before its end: send the request again") from None

    async def json(self) -> Any:
        """The body as the type that the route's `data` has: nothing is converted, nothing unknown passes.

        Litestar itself would take `"5"` for a number.
        """
        body = await self.body()
        field = self.route_handler.parsed_data_field
        try:
            value = _decoder(field.annotation if field else Any).decode(body)
        except msgspec.ValidationError as error:
            # What comes after the first wrong value must be JSON, too.
            found = faults.find(_parse(body), field.annotation if field else Any)
            raise found or Invalid(*faults.read(error)) from None
        except UNREADABLE:
            raise Malformed(SAY_JSON) from None
        if b"\\u0000" in body and _NUL.search(body):
            raise Invalid("body", "must not contain a NUL character")
        return value


def _parse(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except UNREADABLE:
        raise Malformed(SAY_JSON) from None


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, float_hook=numbers.read)
