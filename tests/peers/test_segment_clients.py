"""Segment's own client against our API, over a network that loses answers: every event once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from db.pool import Pool
from schemas.settings import Settings
from tests import servers as made
from tests.api.conftest import Caller
from tests.api.parties import new_project
from tests.api_process import Served, serving
from tests.peers import pypi
from tests.peers.proxy import Loss, Rule, between

pytestmark = [pytest.mark.peers, pytest.mark.timeout(240)]

PROGRAM = Path(__file__).with_name("clients") / "segment_client.py"


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    return made.settings_for(database_url, redis_url, assets_url=f"file://{tmp_path / 'media'}")


@pytest_asyncio.fixture
async def key(acme: Caller) -> str:
    """The key of an app."""
    at = f"/v1/projects/{await new_project(acme)}/sdk-apps"
    body = {"name": "Shop", "platform": "ios", "bundleId": "com.example.shop"}
    shown: str = (await acme.http.post(at, json=body)).json()["apiKey"]
    return shown


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> Iterator[Served]:
    with serving(settings, tmp_path / "api.log") as found:
        yield found


def every_other_one(loss: Loss) -> Rule:
    """Of messages, every other request is lost so; the first one is."""
    seen = Counter[str]()

    def rule(line: str, _: bytes) -> Loss:
        seen[line] += 1
        return loss if seen[line] % 2 else Loss.NOTHING

    return rule


@pytest.mark.parametrize("loss", [Loss.NOTHING, Loss.ANSWER, Loss.REQUEST])
async def test_segments_client_for_python_has_every_event_stored_once(
    served: Served, key: str, pool: Pool, loss: Loss
) -> None:
    program = pypi.install("segment")
    async with between(int(served.url.rpartition(":")[2]), every_other_one(loss)) as proxy:
        client = await asyncio.create_subprocess_exec(
            program, str(PROGRAM), proxy.base, key, stderr=asyncio.subprocess.PIPE
        )
        _, said = await client.communicate()
        assert client.returncode == 0, said.decode()
        assert loss is Loss.NOTHING or proxy.lost
    rows = await pool.fetch("select name, user_id, count(*) as n from event group by name, user_id")
    assert {(row["name"], row["user_id"]): row["n"] for row in rows} == {
        **{("sign_up", f"user-{number}"): 1 for number in range(20)},
        ("$identify", "user-1"): 1,
    }
