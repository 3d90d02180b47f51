"""Two releases side by side while a migration runs: nothing acknowledged is lost, and nothing is done twice."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from db.migrate import migrate_databases
from db.server import find_free_port
from tests import servers
from tests.api_process import answers
from tests.chaos.acknowledged import AcknowledgedWrites, open_api, serve_pds, writing
from tests.chaos.fleet import open_fleet
from tests.earlier_release import EarlierRelease, extract_earlier_release
from tests.waiting import eventually

pytestmark = pytest.mark.chaos


async def test_two_releases_run_side_by_side_during_a_migration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The processes of the earlier release end one after another, in the order of docs/howto/install.md."""
    extract_earlier_release(tmp_path / "earlier")
    with servers.embedded(tmp_path) as pair:
        async with serve_pds() as pds, AsyncExitStack() as stack:
            settings = servers.settings_for(
                pair.postgres.url, pair.valkey.url, fetch_allow=pds.host, assets_url=f"file://{tmp_path}/media"
            )
            release = EarlierRelease(tmp_path / "earlier", settings)
            release.run("db.migrate")
            key = create_key(release)
            url = f"http://127.0.0.1:{(port := find_free_port())}"
            api = stack.enter_context(release.running(tmp_path / "api", "api", "--port", str(port)))
            worker = stack.enter_context(release.running(tmp_path / "worker", "workers", "publish"))
            dispatcher = stack.enter_context(release.running(tmp_path / "dispatcher", "workers.dispatcher"))
            await eventually(lambda: asyncio.to_thread(answers, url, "/healthz"))
            earlier_api = await stack.enter_async_context(open_api(url, key))
            async with writing(writes := AcknowledgedWrites([earlier_api], pds)):
                await writes.more(5)
                assert await migrate_databases(settings.database_url)
                await writes.more(5)
                fleet = await stack.enter_async_context(open_fleet(settings, tmp_path))
                await fleet.dispatcher()
                await fleet.of_product("publish")
                writes.apis.append(await stack.enter_async_context(open_api(await fleet.serve_api(), key)))
                await writes.more(10)
                assert [process.poll() for process in (api, worker, dispatcher)] == [None] * 3
                # Its jobs are rescued by the new release.
                worker.kill()
                dispatcher.terminate()
                await writes.more(5)
                writes.apis.remove(earlier_api)
                api.terminate()
                await writes.more(5)
            await writes.assert_present_once(fleet.pool)


def create_key(release: EarlierRelease) -> str:
    release.run("cli", "org", "create", "Acme", "--tier", "partner")
    return str(json.loads(release.run("cli", "keys", "create", "test", "--json"))["apiKey"])
