"""Decorators of commands: open a session, print the answer, report a failure."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from uuid import UUID

import click
import msgspec

from cli.shared.failure import exit_on_expected_command_error
from cli.shared.output import CliCommandResult, format_object_fields, print_command_result
from cli.shared.session import CommandDbSession, open_command_session
from db.pool import Conn, run_in_transaction
from schemas import ids

#: A command's function as written, and as click calls it, both with its options.
CommandBody = Callable[..., Awaitable[CliCommandResult]]
ClickCallback = Callable[..., None]

json_output_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def with_printed_result(body: CommandBody) -> ClickCallback:
    """Return a click callback that runs `body`, prints its result, as JSON with --json, and exits with its code."""

    @json_output_option
    @wraps(body)
    def run(*, as_json: bool, **values: Any) -> None:
        with exit_on_expected_command_error(as_json=as_json):
            answer = asyncio.run(_await_command_coroutine(body(**values)))
        print_command_result(answer, as_json=as_json)
        click.get_current_context().exit(answer.exit_code)

    return run


async def run_cli_db_write(
    session: CommandDbSession, verb: Callable[[Conn], Awaitable[msgspec.Struct]], note: str = ""
) -> CliCommandResult:
    """Run `verb` in one transaction, and return the object that it returns as a command's result."""
    result = await run_in_transaction(session.pool, verb)
    return CliCommandResult(result, format_object_fields(result), note)


async def _await_command_coroutine(answer: Awaitable[CliCommandResult]) -> CliCommandResult:
    return await answer


def with_database_session(body: CommandBody) -> ClickCallback:
    """Return a click callback that runs a command's function `body` with a database session, and prints its result."""

    @with_printed_result
    @wraps(body)
    async def within(**values: Any) -> CliCommandResult:
        async with open_command_session() as session:
            return await body(session, **values)

    return within


def with_paging_options(prefix: str) -> Callable[[CommandBody], CommandBody]:
    """Return a decorator that adds a list's options --before and --limit to a command; `prefix` is that of its ids."""

    def decorate(body: CommandBody) -> CommandBody:
        before_option = click.option("--before", type=CliIdParam(prefix), help="Only items older than this one.")
        limit_option = click.option(
            "--limit", type=click.IntRange(1, 200), default=25, show_default=True, help="Maximum number of items."
        )
        return before_option(limit_option(body))

    return decorate


class CliIdParam(click.ParamType[UUID]):
    """Parameter: an id with its kind's prefix, or a bare UUID."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> UUID:
        uuid = value if isinstance(value, UUID) else ids.parse_prefixed_id(self.prefix, value)
        return uuid or self.fail(f"{value!r} is not an id such as {self.prefix}_01890a5d-...", param, ctx)
