"""`tenantry org move`: an organization moves to another cell."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import click

from cli.local.folder import read_env_file
from cli.shared.command import CliIdParam, with_printed_result
from cli.shared.output import CommandResult, format_object_fields
from cli.shared.session import read_command_settings
from domain.operations import moving
from domain.operations.moving import OrganizationMove
from schemas import ids
from schemas.base import ResponseStruct
from schemas.errors import OrganizationMoveRefused
from schemas.settings import load_settings


class OrganizationMoveReport(ResponseStruct, frozen=True):
    """State of a move after a command, the seconds of the pause, and the lines for the proxy's map."""

    organization_id: str
    state: str
    pause_s: float | None = None
    purged_rows: int | None = None
    routes: Sequence[str] = ()


@click.command("move")
@click.argument("organization_id", metavar="ORG_ID", type=CliIdParam(ids.ORGANIZATION))
@click.option(
    "--to", "target", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Environment file of the target, with NAME=value lines.",
)  # fmt: skip
@click.option("--cell", default="cell_2", show_default=True, help="Name of the target in the proxy's map.")
@click.option("--map", "map_file", type=click.Path(dir_okay=False, path_type=Path), help="File for the map's lines.")
@click.option("--reload", "reload_command", help="Command that loads the map, such as 'nginx -s reload'.")
@click.option("--drain", "drain_s", default=60.0, show_default=True, help="Seconds to wait for running jobs.")
@click.option("--dry-run", "step", flag_value="check", help="Only check whether the organization can move.")
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
    step: str | None,
) -> CommandResult:
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
    settings = load_settings(read_env_file(target))
    opened = moving.open_move(
        read_command_settings(),
        settings,
        organization_id=organization_id,
        report=lambda line: click.echo(line, err=True),
    )
    async with opened as move:
        report = await _run_step(move, step, cell=cell, drain_s=drain_s)
        if report.routes:
            if map_file:
                _write_map(map_file, report.routes, reload_command)
            await moving.end_switch(move)
    view = format_object_fields(report)
    return CommandResult(report, view, "Run it with --purge once the proxy has the routes." if report.routes else "")


async def _run_step(move: OrganizationMove, step: str | None, *, cell: str, drain_s: float) -> OrganizationMoveReport:
    shown = ids.format_prefixed_id(ids.ORGANIZATION, move.organization_ids[0])
    if step == "abort":
        return OrganizationMoveReport(shown, "aborted", purged_rows=await moving.abort_move(move))
    if step == "purge":
        return OrganizationMoveReport(shown, "purged", purged_rows=await moving.purge_source(move))
    pause_s = None
    if not await move.is_switched():
        await moving.check_move(move)
        if step == "check":
            return OrganizationMoveReport(shown, "can move")
        missing_since = await moving.replicate(move)
        pause_s = await moving.switch(move, missing_since=missing_since, drain_s=drain_s)
    routes = [f"{prefix} {cell};" for prefix in await moving.list_key_prefixes(move)]
    return OrganizationMoveReport(shown, "moved", pause_s, routes=routes)


def _write_map(file: Path, routes: Sequence[str], reload_command: str | None) -> None:
    """Write the lines of the proxy's map, and load them. Raise `OrganizationMoveRefused` if the command fails."""
    new_file = file.with_suffix(".new")
    new_file.write_text("".join(f"{route}\n" for route in routes))
    new_file.replace(file)
    if reload_command and subprocess.run(shlex.split(reload_command), check=False).returncode:
        raise OrganizationMoveRefused(
            f"`{reload_command}` failed: the organization is moved, but the proxy lacks {file}"
        )
