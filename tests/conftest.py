"""Fixtures for every test: servers and a parsing process for the whole run, a database for each test."""

import functools
import gc
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_asyncio
import redis

from db.migrate import migrate
from db.pool import Conn, Pool, open_pool
from schemas.settings import Settings
from tests import databases
from tests import servers as made
from tests.log_lines import write_logs
from tests.peers.moto import Moto
from tests.peers.moto import serving as serving_moto
from tests.s3.keeping import Kept, KeptBucket, KeptFolder
from tests.s3.service import Service, serving
from workers.ingest.parser import parser

# Ctrl-C is tested on processes of ours, which would inherit that a shell in the background ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# An example that takes 0.2 s says that the machine is busy, and nothing of the code. All runs have the same
# examples, so that none fails by chance; `--hypothesis-profile others` looks for others.
hypothesis.settings.register_profile("others", deadline=None)
hypothesis.settings.register_profile("busy", deadline=None, derandomize=True)
hypothesis.settings.load_profile("busy")

write_logs()

START, STOP = parser.start, parser.ParsingProcess.stop


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long alone begin first, so that none of them is left to itself at the end."""
    items.sort(key=lambda item: item.get_closest_marker("first") is None)


# Nearly all that importing and collecting makes stays: looking for garbage in it is a tenth of their CPU.
gc.disable()


def pytest_collection_finish() -> None:
    """What is there before the first test stays."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="module", autouse=True)
def _no_garbage() -> Iterator[None]:
    """What the tests of a file left open is told of that file, and not of an innocent one later on.

    What is left then stays, or each look through it would take 0.1 to 0.4 s of CPU.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _one_parsing_process() -> Iterator[None]:
    """Each takes 1.3 s of CPU to start, and keeps nothing of a page: all parsers here share the first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parser, "start", start := functools.cache(parser.start))
        patch.setattr(parser.ParsingProcess, "stop", lambda _: None)
        yield
    if start.cache_info().currsize:
        process, control = start()
        control.close()
        process.kill()
        process.wait()


@pytest.fixture
def own_parsing_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of the process itself."""
    monkeypatch.setattr(parser, "start", START)
    monkeypatch.setattr(parser.ParsingProcess, "stop", STOP)


@pytest.fixture(scope="session")
def servers(worker_id: str) -> Iterator[tuple[str, str]]:
    """The URLs of Postgres and Redis, for reading only: a test that stops a server takes `own_servers`."""
    with made.shared_urls(worker_id) as urls:
        yield urls


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(servers: tuple[str, str], worker_id: str) -> AsyncIterator[databases.Template]:
    async with databases.template(servers[0], worker_id) as source:
        yield source


@pytest_asyncio.fixture(loop_scope="session")
async def database_url(request: pytest.FixtureRequest, template: databases.Template) -> AsyncIterator[str]:
    """A migrated database without rows; a new one for a test that is marked so."""
    fresh = request.node.get_closest_marker("fresh") is not None
    async with databases.copy(template) if fresh else databases.lend(template) as url:
        yield url


@pytest.fixture
def redis_url(servers: tuple[str, str]) -> str:
    """A Redis database without keys."""
    with redis.Redis.from_url(servers[1]) as client:
        client.flushdb()
    return servers[1]


@pytest.fixture(scope="session")
def s3() -> Iterator[Service]:
    with serving() as service:
        yield service


@pytest.fixture(scope="session")
def moto() -> Iterator[Moto]:
    with serving_moto() as service:
        yield service


@pytest.fixture
def media_kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """The storage of media: a folder, unless `tests.s3.keeping.EVERYWHERE` says otherwise."""
    where = getattr(request, "param", "folder")
    if where == "folder":
        return KeptFolder(tmp_path / "assets")
    return KeptBucket(request.getfixturevalue(where))


@pytest.fixture
def settings(database_url: str, redis_url: str, media_kept: Kept) -> Settings:
    return made.settings_for(database_url, redis_url, **media_kept.settings)


@pytest_asyncio.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    async with open_pool(settings.database_url, name="test") as opened:
        yield opened


@pytest_asyncio.fixture
async def conn(pool: Pool) -> AsyncIterator[Conn]:
    async with pool.acquire() as acquired:
        yield acquired


@pytest_asyncio.fixture
async def own_servers(tmp_path: Path) -> AsyncIterator[made.Servers]:
    """A migrated Postgres and a Redis that a test may stop, kill or pause; always the embedded ones."""
    with made.embedded(tmp_path) as started:
        await migrate(started.postgres.url)
        yield started
