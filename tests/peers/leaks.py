"""Search for leaked secrets in the database, in all Redis commands, and in logs."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.client import Monitor

from db.pool import Pool
from schemas import ids
from tests.dumps import dump_database, find_secrets


class Ear:
    """Monitor of Redis: a message is deleted soon after it arrives, so the final contents prove little."""

    def __init__(self, client: Redis, monitor: Monitor) -> None:
        self._client, self._monitor = client, monitor

    async def heard(self) -> str:
        """Return every command since the last call."""
        end, commands = str(ids.new_uuid7()), [""]
        await self._client.echo(end)
        while end not in commands[-1]:
            commands.append((await self._monitor.next_command())["command"])
        return "\n".join(commands)


@asynccontextmanager
async def listening(redis_url: str) -> AsyncIterator[Ear]:
    async with Redis.from_url(redis_url) as client, client.monitor() as monitor:
        yield Ear(client, monitor)


async def leaked(secrets: Iterable[str], *, pool: Pool, ear: Ear, logs: str) -> list[str]:
    """Return the secrets that leaked. Asserts first that each place was really read."""
    database, messages = await dump_database(pool), await ear.heard()
    assert "publish_post" in database
    assert "arq:" in messages
    assert "publish" in logs
    return find_secrets(secrets, f"{database}\n{messages}\n{logs}")
