"""`tenantry org move`: an organization moves to another cell."""

import asyncio
import shlex
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

import click

from cli.local.folder import read_env_file
from cli.shared.command import CliIdParam, with_printed_result
from cli.shared.output import CliCommandResult, format_object_fields
from cli.shared.session import read_command_settings
from domain.operations import moving
from domain.operations.moving_cells import OrganizationMove, check_move, open_move
from schemas import ids
from schemas.base import ResponseStruct
from schemas.errors import OrganizationMoveRefused
from schemas.settings import load_settings

END_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

#: Seconds that the command of --reload may take.
RELOAD_TIMEOUT_S = 30.0

#: State of the organization when a signal has ended a step, with the remedy.
STATE_BEFORE_SWITCH = "the organization is open here: run this command again to go on, or with --abort"
STATE_AFTER_SWITCH = "the organization is open at the target: run this command again to end the move"
STATE_BY_STEP = {
    "abort": "the organization is open here: run this command again",
    "purge": "the organization is open at the target: run this command again",
}


class OrganizationMoveReport(ResponseStruct, frozen=True):
    """State of a move after a command, the seconds of the pause, and the lines for the proxy's map."""

    organization_id: str
    state: str
    pause_s: float | None = None
    purged_rows: int | None = None
    routes: Sequence[str] = ()


@click.command("move")
@click.argument("organization_id", metavar="ORG_ID", type=CliIdParam(ids.ORGANIZATION_ID_PREFIX))
@click.option(
    "--to", "target", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Environment file of the target, with NAME=value lines.",
)  # fmt: skip
@click.option("--cell", default="cell_2", show_default=True, help="Name of the target in the proxy's map.")
@click.option("--map", "map_file", type=click.Path(dir_okay=False, path_type=Path), help="File for the map's lines.")
@click.option("--reload", "reload_command", help="Command that loads the map, such as 'nginx -s reload'.")
@click.option("--drain", "drain_s", default=60.0, show_default=True, help="Seconds to wait for running jobs.")
@click.option("--pause", "max_pause_s", default=20.0, show_default=True, help="Longest pause in seconds.")
@click.option("--dry-run", is_flag=True, help="Only check the move, or with --purge count the rows.")
@click.option("--abort", "step", flag_value="abort", help="Undo a move that isn't switched.")
@click.option("--purge", "step", flag_value="purge", help="Delete the moved organization's rows here.")
@with_printed_result
async def move_organization(
    *,
    organization_id: UUID,
    target: Path,
    cell: str,
    map_file: Path | None,
    reload_command: str | None,
    drain_s: float,
    max_pause_s: float,
    dry_run: bool,
    step: str | None,
) -> CliCommandResult:
    """Move an organization and its sandbox to another cell.

    Copies the rows while the organization is in use, then closes it for some seconds, and opens it at
    the target. Run it again after a crash: it goes on. Then run it with --purge. docs/howto/cells.md
    has all steps.

    \b
    Examples:
      tenantry org move org_01890a5d-... --to cell-2.env --dry-run
      tenantry org move org_01890a5d-... --to cell-2.env --map maps/acme.map --reload 'nginx -s reload'
      tenantry org move org_01890a5d-... --to cell-2.env --purge
    """
    shown = ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, organization_id)
    opener = partial(
        open_move,
        read_command_settings(),
        load_settings(read_env_file(target)),
        organization_id=organization_id,
        report=lambda line: click.echo(line, err=True),
    )
    if step or dry_run:
        with _canceled_by_signals(STATE_BY_STEP.get(step or "", "nothing was changed")):
            async with opener() as move:
                report = await _run_step(move, shown, step, dry_run=dry_run)
    else:
        with _canceled_by_signals(STATE_BEFORE_SWITCH):
            pause_s = await moving.move_unless_switched(opener, drain_s=drain_s, max_pause_s=max_pause_s)
        with _canceled_by_signals(STATE_AFTER_SWITCH):
            async with opener() as move:
                routes = [f"{prefix} {cell};" for prefix in await moving.list_key_prefixes(move)]
                if map_file:
                    _write_map(map_file, routes, reload_command)
                await moving.end_switch(move)
        report = OrganizationMoveReport(shown, "moved", pause_s, routes=routes)
    note = "Run it with --purge once the proxy has the routes." if report.routes else ""
    return CliCommandResult(report, format_object_fields(report), note)


async def _run_step(move: OrganizationMove, shown: str, step: str | None, *, dry_run: bool) -> OrganizationMoveReport:
    if step == "abort":
        return OrganizationMoveReport(shown, "aborted", purged_rows=await moving.abort_move(move))
    if step == "purge":
        purged = await (moving.count_purged_rows if dry_run else moving.purge_source)(move)
        return OrganizationMoveReport(shown, "moved" if dry_run else "purged", purged_rows=purged)
    if await move.is_switched():
        return OrganizationMoveReport(shown, "moved")
    await check_move(move)
    return OrganizationMoveReport(shown, "can move")


@contextmanager
def _canceled_by_signals(state: str) -> Iterator[None]:
    """Cancel the block at the first signal that ends a process. It then cleans up, and ignores later signals.

    Raise `OrganizationMoveRefused` with the `state` of the organization for the canceled block.
    """
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    received: list[signal.Signals] = []

    def cancel_once(signum: signal.Signals) -> None:
        received.append(signum)
        if task and len(received) == 1:
            task.cancel()

    for each in END_SIGNALS:
        loop.add_signal_handler(each, cancel_once, each)
    try:
        yield
    except asyncio.CancelledError:
        raise OrganizationMoveRefused(f"ended by {received[0].name}: {state}") from None
    finally:
        for each in END_SIGNALS:
            loop.remove_signal_handler(each)


def _write_map(file: Path, routes: Sequence[str], reload_command: str | None) -> None:
    """Write the lines of the proxy's map, and load them. Raise `OrganizationMoveRefused` if that fails or is slow."""
    new_file = file.with_suffix(".new")
    try:
        new_file.write_text("".join(f"{route}\n" for route in routes))
        new_file.replace(file)
        if reload_command:
            subprocess.run(shlex.split(reload_command), check=True, timeout=RELOAD_TIMEOUT_S)
    except (OSError, subprocess.SubprocessError) as error:
        raise OrganizationMoveRefused(f"the proxy lacks {file} ({error}). {STATE_AFTER_SWITCH.capitalize()}") from None
