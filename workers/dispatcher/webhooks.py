"""Chores of webhooks: submit a job for each endpoint with due deliveries, and wake its pool."""

from collections.abc import Sequence

from db.pool import Conn
from db.queries import webhook_sending
from domain.webhooks.delivery_jobs import BATCH, FIND_DUE, FIND_LEFT, FIND_NEW, EndpointSearch
from jobs.courier import Courier
from telemetry import metrics
from workers.dispatcher.chore import Chore

#: Seconds between scans for new deliveries, for due retries, and for leftovers of dead workers.
NEW_EVERY_S = 0.05
DUE_EVERY_S = 0.5
LEFT_EVERY_S = 2.0
#: Seconds between measurements of the oldest delivery's wait.
AGE_EVERY_S = 15.0


def delivery_chores(courier: Courier) -> Sequence[Chore]:
    """Return the chores. A run sends the wakes itself: the dispatcher's own scan would be a tick later."""

    def chore(name: str, every_s: float, look: EndpointSearch) -> Chore:
        async def run(conn: Conn) -> int:
            looked_at, wakes = await look.submit(conn)
            for wake in wakes:
                await courier.send(wake)
            return looked_at

        return Chore(name, every_s, run, batch=BATCH)

    return [
        chore("deliver_new", NEW_EVERY_S, EndpointSearch(FIND_NEW)),
        chore("deliver_due", DUE_EVERY_S, EndpointSearch(FIND_DUE)),
        chore("deliver_left", LEFT_EVERY_S, EndpointSearch(FIND_LEFT)),
        Chore("webhook_backlog", AGE_EVERY_S, export_backlog_age),
    ]


async def export_backlog_age(conn: Conn) -> int:
    """Export the wait of the longest due delivery, of endpoints that accept deliveries."""
    metrics.WEBHOOK_BACKLOG_AGE.set(await webhook_sending.backlog_age_s.value(conn))
    return 0
