"""Budget of events: a public key that uses up its organization's daily budget and keeps sending."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.events.budgets import BUDGETS
from tools.bench.neighbours import tenants, victim
from tools.bench.neighbours.attacks.events import SENDERS, attack
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import Plan, Row
from tools.bench.neighbours.scale import Scale

BUDGET = BUDGETS["standard"]

#: Remaining events of the day at the begin of the attack: a few seconds' worth.
REMAINING = 10_000

USE_UP = "insert into intake_day (organization_id, day, events, bytes) values ($1, $2, $3, 0)"

#: Bytes of the event store's tables with their indexes, and the number of events.
STORED = """
select (select sum(pg_total_relation_size(oid))::bigint
          from pg_class
         where relname ~ '^event' and relkind = 'r') as bytes,
       (select count(*) from event) as events"""


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.create(deployment.environment, tier="standard")
    app = await tenants.create_app(deployment.environment, attacker)
    today = datetime.now(UTC).date()
    await deployment.environment.pool.execute(
        USE_UP, attacker.org, today, BUDGET.events - scale.many(REMAINING)
    )
    return Plan(
        port=deployment.port, keys=[app.key], owned=[[app.path]], many={"senders": scale.many(SENDERS)}
    )


async def note(deployment: Deployment, counts: Mapping[str, int]) -> dict[str, Any]:
    """Return the requests by outcome, and the disk growth of a day at the full budget."""
    stored, events = await deployment.environment.pool.fetchrow(STORED) or (0, 0)
    bytes_an_event = stored / max(1, events)
    return {
        "passed": counts.get("202", 0),
        "refused": counts.get("429", 0),
        "stored_bytes_an_event": round(bytes_an_event),
        "stored_mib_a_day_at_budget": round(bytes_an_event * BUDGET.events / (1 << 20)),
    }


ROW = Row(
    "event-budget", "an app that uses up its organization's daily event budget and keeps sending",
    victim.events, prepare, attack, note=note,
)  # fmt: skip
