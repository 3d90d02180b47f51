"""What every command shares: a session, an answer printed as asked, failures explained."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

import click

from cli.connect import Session, open_session
from cli.failure import failing
from cli.output import Answer, emit
from schemas import ids

P = ParamSpec("P")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def answering(body: Callable[P, Coroutine[Any, Any, Answer]]) -> Callable[..., None]:
    """A command that prints the answer of `body`, as JSON with --json."""

    @json_option
    @wraps(body)
    def run(*args: P.args, **values: P.kwargs) -> None:
        as_json = bool(values.pop("as_json"))
        with failing(as_json=as_json):
            answer = asyncio.run(body(*args, **values))
        emit(answer, as_json=as_json)
        click.get_current_context().exit(answer.exit_code)

    return run


def at_database(
    body: Callable[Concatenate[Session, P], Awaitable[Answer]],
) -> Callable[P, Coroutine[Any, Any, Answer]]:
    """Open a session for `body`, whose first argument it is."""

    @wraps(body)
    async def within(*args: P.args, **values: P.kwargs) -> Answer:
        async with open_session() as session:
            return await body(session, *args, **values)

    return within


class Id(click.ParamType[UUID]):
    """An id with its kind's prefix, or a bare UUID."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> UUID:
        found = value if isinstance(value, UUID) else ids.read(self.prefix, value)
        return found or self.fail(f"{value!r} is not an id such as {self.prefix}_01890a5d-...", param, ctx)
