"""Fixtures for every test: servers and a parsing process for the whole run, a database for each test."""

import asyncio
import functools
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_asyncio
import redis
from hypothesis.internal.conjecture import providers

from db.migrate import migrate_databases
from db.pool import Conn, Pool, open_postgres_pool
from schemas.settings import Settings
from tests import databases
from tests import servers as made
from tests.log_lines import write_logs
from tests.peers.moto import Moto
from tests.peers.moto import serving as serving_moto
from tests.s3.service import Service, serving
from tests.s3.storages import BucketStorage, FolderStorage, MediaStorage
from tests.waiting import PATIENCE_S
from workers.ingest.parser import parser

# A shell runs background jobs with SIGINT ignored, and child processes inherit that. The Ctrl-C tests need
# it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# An environment may forbid bytecode. Each process of a run would then rewrite the asserts of all tests (10 s
# of CPU), and each process that a test starts would compile its modules.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# No deadline: an example of 0.2 s only proves a busy machine. All runs have the same examples, so that none
# fails by chance; `--hypothesis-profile others` searches for others.
hypothesis.settings.register_profile("others", deadline=None)
hypothesis.settings.register_profile("busy", deadline=None, derandomize=True)
hypothesis.settings.load_profile("busy")

# Hypothesis also draws constants of the loaded modules: other ones in each process, and so other examples.
providers._get_local_constants = lambda: providers._local_constants

write_logs()

ROOT = Path(__file__).parents[1]

START, STOP = parser.start_parsing_process, parser.ParsingProcess.stop


#: Session fixtures that take seconds of CPU, each with its folder: one process runs all tests that use one.
SHARED_FIXTURES = (
    ("tests/peers/console", "filled"),
    ("tests/peers", "pds"),
    ("tests/peers", "instance"),
    ("tests/peers", "peer"),
)


#: Characters or bytes. A longer text may also differ from process to process, as a generated key does.
MAX_TEST_ID_TEXT_LENGTH = 100


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Run the slowest files first: at the end they would keep one core busy and leave the other idle.

    With `--dist loadgroup`, one process runs all tests of a group, and sets up their fixtures once. Tests of
    chaos share no fixtures, and mostly wait: any process may run them. The marks come before pytest-xdist reads them,
    the order after the one that pytest-randomly draws.
    """
    for item in items:
        if not _has_mark(item, "chaos"):
            item.add_marker(pytest.mark.xdist_group(_group_of(item)))
    yield
    # pytest-xdist appends the group to the node id. With pytest 9.2, version 3.8 appends nothing and reports no error.
    grouped = [item for item in items if _has_mark(item, "xdist_group")]
    if getattr(config.option, "loadgroup", False) and not all("@" in item.nodeid for item in grouped):
        raise pytest.UsageError("pytest-xdist read no group: each test of a file would set up its fixtures anew")
    items.sort(key=lambda item: (not _has_mark(item, "first"), _has_mark(item, "last")))


def _group_of(item: pytest.Item) -> str:
    """Return the test's group: its file, or the conftest of the shared fixture that it uses."""
    path, names = item.path.relative_to(ROOT), getattr(item, "fixturenames", ())
    shared = [folder for folder, name in SHARED_FIXTURES if name in names and path.is_relative_to(folder)]
    return f"{shared[0]}/conftest.py" if shared else path.as_posix()


def _has_mark(item: pytest.Item, name: str) -> bool:
    return item.get_closest_marker(name) is not None


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a long text by its parameter: the id goes into the environment of each process that a test starts."""
    return argname if isinstance(val, str | bytes) and len(val) > MAX_TEST_ID_TEXT_LENGTH else None


# Nearly all objects from imports and collection live to the end: their collection would be a tenth of the
# CPU.
gc.disable()


def pytest_collection_finish() -> None:
    """Freeze the objects that exist before the first test."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="module", autouse=True)
def _no_garbage() -> Iterator[None]:
    """Collect the garbage of a test file, so that its warnings name that file and not a later one.

    The rest is frozen: each collection would take 0.1 to 0.4 s of CPU for it.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _one_parsing_process() -> Iterator[None]:
    """Share one parsing process among all tests: each takes 1.3 s of CPU to start, and it stores no page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parser, "start_parsing_process", start := functools.cache(parser.start_parsing_process))
        patch.setattr(parser.ParsingProcess, "stop", lambda _: None)
        yield
    if start.cache_info().currsize:
        process, control = start()
        control.close()
        process.kill()
        process.wait()


@pytest_asyncio.fixture(autouse=True)
async def _no_task_survives() -> AsyncIterator[None]:
    """Cancel the tasks that a test leaves in the event loop of the run."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@pytest.fixture
def own_parsing_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give tests of the parsing process their own."""
    monkeypatch.setattr(parser, "start_parsing_process", START)
    monkeypatch.setattr(parser.ParsingProcess, "stop", STOP)


@pytest.fixture(scope="session")
def servers(worker_id: str) -> Iterator[tuple[str, str]]:
    """Return the URLs of Postgres and Redis. Do not stop these: `own_servers` is for such tests."""
    with made.shared_urls(worker_id) as urls:
        yield urls


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(servers: tuple[str, str], worker_id: str) -> AsyncIterator[databases.Template]:
    async with databases.template(servers[0], worker_id) as source:
        yield source


@pytest.fixture
def new_connections(template: databases.Template, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a test connections that no test before it has used, and close them after it."""
    monkeypatch.setattr(template.reuse, "is_active", False)


@pytest_asyncio.fixture(loop_scope="session")
async def database_url(request: pytest.FixtureRequest, template: databases.Template) -> AsyncIterator[str]:
    """Return a migrated database without rows; a new one for tests with the `fresh` mark."""
    fresh = request.node.get_closest_marker("fresh") is not None
    async with databases.copy(template) if fresh else databases.lend(template) as url:
        yield url


@pytest.fixture
def redis_url(servers: tuple[str, str]) -> str:
    """Return a Redis database without keys."""
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
def media_kept(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStorage:
    """Return the media storage: a folder, unless `tests.s3.storages.ALL_STORAGES` is set."""
    where = getattr(request, "param", "folder")
    if where == "folder":
        return FolderStorage(tmp_path / "assets")
    return BucketStorage(request.getfixturevalue(where))


@pytest.fixture
def settings(database_url: str, redis_url: str, media_kept: MediaStorage) -> Settings:
    return made.settings_for(database_url, redis_url, **media_kept.settings)


@pytest_asyncio.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    # A busy machine takes its time with a lock, too.
    async with open_postgres_pool(settings.database_url, name="test", lock_timeout=f"{PATIENCE_S:.0f}s") as opened:
        yield opened


@pytest_asyncio.fixture
async def conn(pool: Pool) -> AsyncIterator[Conn]:
    """Return a connection for the test's own statements, which may take long on a slow machine."""
    async with pool.acquire() as acquired:
        await acquired.execute("set statement_timeout = 0")
        yield acquired


@pytest_asyncio.fixture
async def own_servers(tmp_path: Path) -> AsyncIterator[made.ServerPair]:
    """Start a migrated Postgres and a Redis that a test may stop, kill or pause; always the embedded ones."""
    with made.embedded(tmp_path) as started:
        await migrate_databases(started.postgres.url)
        yield started
