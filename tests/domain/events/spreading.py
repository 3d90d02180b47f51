"""Event store on several servers, with projects spread over them by a router."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

from db.pool import Conn, Pool, open_postgres_pool
from domain.apps.app_keys import KeyedApp
from domain.events.event import Event
from domain.events.intake import EventIntake, EventIntakeResult, open_event_intake
from tests.domain.events.sending import event, new_budgets

#: Projects of the tests, some on each server.
PROJECTS = [UUID(int=number) for number in range(1, 13)]


def home(project_id: UUID, servers: int) -> int:
    """Return the server of a project."""
    return project_id.int % servers


def spread_event(number: int) -> Event:
    """Return the event of a number, which belongs to one project."""
    return event(number, project_id=PROJECTS[number % len(PROJECTS)])


class Spread:
    """Pool for each server; a project is only accessible on its own."""

    def __init__(self, pools: Sequence[Pool]) -> None:
        self.pools = pools

    def of(self, project_id: UUID) -> Pool:
        return self.pools[home(project_id, len(self.pools))]

    @asynccontextmanager
    async def each(self) -> AsyncIterator[list[Conn]]:
        """Open a connection to each server."""
        async with AsyncExitStack() as stack:
            yield [await stack.enter_async_context(pool.acquire()) for pool in self.pools]


class Router:
    """Intake for each server; a request goes to its project's."""

    def __init__(self, intakes: Sequence[EventIntake]) -> None:
        self._intakes = intakes

    async def take(self, app: KeyedApp, events: Sequence[Event], *, size: int) -> EventIntakeResult:
        """Send events of many projects as one request each."""
        taken = [
            await self._intakes[home(project_id, len(self._intakes))].take(
                app._replace(project_id=project_id),
                [sent for sent in events if sent.project_id == project_id],
                size=size,
            )
            for project_id in dict.fromkeys(sent.project_id for sent in events)
        ]
        return EventIntakeResult(sum(one.accepted for one in taken), sum(one.duplicates for one in taken))


@asynccontextmanager
async def spread(urls: Sequence[str]) -> AsyncIterator[Spread]:
    async with AsyncExitStack() as stack:
        yield Spread([await stack.enter_async_context(open_postgres_pool(url, name="test")) for url in urls])


@asynccontextmanager
async def routed(urls: Sequence[str]) -> AsyncIterator[Router]:
    """Run a process that takes events of all projects."""
    async with AsyncExitStack() as stack:
        intakes = []
        for url in urls:
            pool = await stack.enter_async_context(open_postgres_pool(url, name="writer", size=2))
            intakes.append(await stack.enter_async_context(open_event_intake(pool, new_budgets())))
        yield Router(intakes)


def numbers_of(servers: int, server: int, numbers: int) -> Iterator[int]:
    """Return the numbers of the events on a server."""
    return (number for number in range(numbers) if home(spread_event(number).project_id, servers) == server)
