"""The frame of every command: a session if it needs one, its answer printed, its failure explained."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from uuid import UUID

import click

from cli.shared.failure import failing
from cli.shared.output import Answer, emit
from cli.shared.session import open_session
from schemas import ids

#: A command's function as it is written, and as click calls it; both take what its options say.
Body = Callable[..., Awaitable[Answer]]
Run = Callable[..., None]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def answering(body: Body) -> Run:
    """Print the answer of `body`, as JSON with --json."""

    @json_option
    @wraps(body)
    def run(*, as_json: bool, **values: Any) -> None:
        with failing(as_json=as_json):
            answer = asyncio.run(_result(body(**values)))
        emit(answer, as_json=as_json)
        click.get_current_context().exit(answer.exit_code)

    return run


async def _result(answer: Awaitable[Answer]) -> Answer:
    return await answer


def at_database(body: Body) -> Run:
    """Open a session for `body`, as its first argument, and print its answer."""

    @answering
    @wraps(body)
    async def within(**values: Any) -> Answer:
        async with open_session() as session:
            return await body(session, **values)

    return within


def paged(prefix: str) -> Callable[[Body], Body]:
    """Give `body` the options of a list, `before` and `limit`."""

    def decorate(body: Body) -> Body:
        older = click.option("--before", type=Id(prefix), help="Only what is older than this one.")
        most = click.option(
            "--limit", type=click.IntRange(1, 200), default=25, show_default=True, help="At most so many."
        )
        return older(most(body))

    return decorate


class Id(click.ParamType[UUID]):
    """An id with its kind's prefix, or a bare UUID."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> UUID:
        found = value if isinstance(value, UUID) else ids.read(self.prefix, value)
        return found or self.fail(f"{value!r} is not an id such as {self.prefix}_01890a5d-...", param, ctx)
