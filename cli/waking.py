"""Tell the workers what a command has just committed."""

from cli.connect import Session
from jobs.courier import open_courier
from jobs.ledger import Wake


async def wake(session: Session, *wakes: Wake | None) -> None:
    """Send what there is to send. With Redis away nothing is sent: workers look by themselves within 2 s."""
    async with open_courier(session.settings.redis_url) as courier:
        for each in filter(None, wakes):
            await courier.send(each)
