"""Connections during an outage of Postgres: to another host of the URL, or to a server that restarts."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeAlias

import asyncpg

from db.reach import means_postgres_away
from schemas.setting_values import split_server_url

PostgresConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
OpenPostgresConnection: TypeAlias = Callable[..., Coroutine[Any, Any, PostgresConnection]]

#: Seconds from the begin of an outage for which callers wait for a connection. Later ones have time for one attempt.
MAX_OUTAGE_WAIT_S, OUTAGE_CONNECT_TIMEOUT_S = 3.0, 1.0
OUTAGE_RETRY_PAUSE_S = 0.1

#: Seconds that a host has before the next host of a URL is tried too.
HOST_HEAD_START_S = 0.3


async def connect_to_first_ready_host(database_url: str, **options: Any) -> PostgresConnection:
    """Open a connection to the first host of a URL that accepts it; `options` are those of `asyncpg.connect`.

    A host that refuses, or is silent for `HOST_HEAD_START_S`, doesn't delay the next one. asyncpg alone would spend
    its whole timeout on a silent host, such as a vanished primary. It would never reach the standby.
    Of several hosts a read-only one is passed over, unless the URL's `target_session_attrs` says otherwise.

    If all hosts fail, raise an error that no outage explains, else that of the last one to fail.
    """
    urls = split_database_url(database_url)
    if len(urls) == 1:
        return await asyncpg.connect(database_url, **options)
    if "target_session_attrs=" not in database_url:
        options["target_session_attrs"] = "read-write"
    attempts: list[asyncio.Task[PostgresConnection]] = []
    for url in urls:
        attempts.append(asyncio.create_task(_connect_after_previous_attempts(attempts[:], url, options)))
    chosen, errors = None, list[Exception]()
    try:
        for attempt in asyncio.as_completed(attempts):
            try:
                chosen = await attempt
            except Exception as error:  # noqa: BLE001  raised if no attempt succeeds
                errors.append(error)
            else:
                return chosen
    finally:
        for left in attempts:
            left.cancel()
            left.add_done_callback(partial(_terminate_unless_chosen, chosen))
    raise next((error for error in errors if not means_postgres_away(error)), errors[-1])


async def _connect_after_previous_attempts(
    previous: list[asyncio.Task[PostgresConnection]], url: str, options: dict[str, Any]
) -> PostgresConnection:
    if previous:
        await asyncio.wait(previous, timeout=HOST_HEAD_START_S * len(previous))
    return await asyncpg.connect(url, **options)


def _terminate_unless_chosen(chosen: "PostgresConnection | None", attempt: asyncio.Task[PostgresConnection]) -> None:
    if not attempt.cancelled() and attempt.exception() is None and attempt.result() is not chosen:
        attempt.result().terminate()


def split_database_url(database_url: str) -> list[str]:
    """Return a URL for each host of a database URL, in its order."""
    scheme, login, hosts, rest = split_server_url(database_url)
    return [f"{scheme}{login}{host}{rest}" for host in hosts.split(",")]


class OutageTolerantConnector:
    """Opens the connections of one pool. No statement was sent yet, so a retry repeats nothing."""

    def __init__(self) -> None:
        #: The begin of the first failed attempt since the last success, in the loop's seconds.
        self._outage_began: float | None = None

    async def connect(self, database_url: str, **options: Any) -> PostgresConnection:
        """Open a connection to one of the URL's hosts; retry until the outage has taken `MAX_OUTAGE_WAIT_S`.

        An attempt ends with that time or, if that is later, after `OUTAGE_CONNECT_TIMEOUT_S`. The option `timeout`, in
        seconds, limits it too.

        Raise the last error of a longer outage, and any other error at once.
        """
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            left_s = (self._outage_began or began) + MAX_OUTAGE_WAIT_S - began
            limit_s = min(options["timeout"], max(left_s, OUTAGE_CONNECT_TIMEOUT_S))
            try:
                connection = await connect_to_first_ready_host(database_url, **{**options, "timeout": limit_s})
            except Exception as error:
                if not means_postgres_away(error):
                    raise
                self._outage_began = self._outage_began or began
                if loop.time() - self._outage_began >= MAX_OUTAGE_WAIT_S:
                    raise
            else:
                self._outage_began = None
                return connection
            await asyncio.sleep(OUTAGE_RETRY_PAUSE_S)
