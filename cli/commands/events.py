"""`tenantry events`: what operators do to the store of events."""

from datetime import datetime, timedelta
from uuid import UUID

import click

from cli.shared.command import Id, answering
from cli.shared.output import Answer, table
from cli.shared.session import read_settings
from db.pool import connected
from domain.events import rollups
from schemas import ids
from schemas.errors import Invalid


@click.group()
def events() -> None:
    """Count a project's events anew."""


@events.command("rebuild")
@click.argument("project_id", metavar="PROJECT_ID", type=Id(ids.PROJECT))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The first day, of UTC.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The last day, counted too.")
@answering
async def rebuild(project_id: UUID, since: datetime, until: datetime) -> Answer:
    """Count the events of some days anew, from those that are kept.

    It may run beside all processes: events come, and are counted, while folds wait for
    an hour at a time.

    \b
    Example:
      tenantry events rebuild prj_01890a5d-... --since 2026-11-01 --until 2026-11-03
    """
    if until < since:
        raise Invalid("until", "the last day is before the first")
    days = [since.date() + timedelta(days=number) for number in range((until - since).days + 1)]
    async with connected(read_settings().event_store_url, name="tenantry-cli") as conn:
        for day in days:
            await rollups.rebuild(conn, project_id=project_id, day=day)
    return Answer({"rebuilt": days}, table(["REBUILT"], [[day.isoformat()] for day in days]))
