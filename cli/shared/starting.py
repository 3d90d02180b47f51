"""What a command that starts jobs does once its transaction is committed."""

from collections.abc import Awaitable, Callable, Iterable

from cli.shared.acting import as_here
from cli.shared.output import Answer, card
from cli.shared.session import Session
from db.pool import Conn, transact
from domain.jobs import jobs
from domain.tenancy.api_keys import Actor
from jobs.courier import open_courier
from jobs.ledger import Submitted, Wake
from schemas.jobs import Job


async def wake(session: Session, wakes: Iterable[Wake | None]) -> None:
    """Tell the workers, who look by themselves soon after: Redis need not be there."""
    due = [each for each in wakes if each]
    if not due:
        return
    async with open_courier(session.settings.redis_url) as courier:
        for each in due:
            await courier.send(each)


async def start(session: Session, actor: Actor, submit: Callable[[Conn], Awaitable[Submitted]]) -> Answer:
    """Submit a job, and show it as it is then."""

    async def begin(conn: Conn) -> tuple[Job, Wake | None]:
        submitted = await submit(conn)
        job, _ = await jobs.get(conn, organization_id=actor.organization_id, job_id=submitted.job_id)
        return job, submitted.wake

    job, due = await transact(session.pool, begin)
    await wake(session, [due])
    return Answer(job, card(job), follow(job.job_id))


def follow(job_id: str) -> str:
    """How to wait for a job's end."""
    return f"Follow it: tenantry jobs watch {job_id}{as_here()}"
