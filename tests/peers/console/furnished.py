"""A shop with data on all screens: presenters, a video, app events, figures of 30 days."""

import asyncio
import hashlib
import io
import itertools
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from db.pool import Conn, open_postgres_pool
from domain.media.folder import open_folder_store
from generation.portraits.portrait import draw_presenter_portrait
from generation.spec import Presenter
from generation.theme import derive_piece_color_theme
from schemas import ids
from tests import seeds
from tests.domain.events import sending
from tests.generation.remix.clips import make_clip
from tests.peers.console.shop import HOSTILE, LONG, FilledShop, shop

EVENTS = ("app_open", "sign_up", "purchase_success")

#: Figures of every 90th post, six hours after its publication.
FIGURES = """
insert into metric_snapshot (organization_id, account_id, subject_id, metric, at, value, delta)
select p.organization_id, p.social_account_id, p.id, m.metric, p.published_at + interval '6 hours', v.value,
       v.value
  from scheduled_post p
 cross join unnest(array['views', 'reach', 'likes', 'comments', 'shares'],
                   array[1.0, 0.8, 0.09, 0.02, 0.01]) m (metric, part)
 cross join lateral (
         select (m.part * (400 + p.external_id::int * 7919 % 900))::bigint as value) v
 where p.organization_id = $1
   and p.published_at < now() - interval '6 hours'
   and p.external_id::int % 90 = 0
"""

FOLLOWERS = """
insert into metric_snapshot (organization_id, account_id, subject_id, metric, at, value, delta)
select organization_id, id, id, 'followers', now() - n * interval '1 day', 5000 - n * 31 + n * 13 % 29,
       case when n < 29 then 31 end
  from social_account
 cross join generate_series(1, 29) n
 where organization_id = $1
   and handle = $2
"""

READY = """
with drawn as (
  update influencer
     set status = 'ready'
   where organization_id = $1
     and id = $2
  returning organization_id, id)
insert into influencer_portrait (organization_id, influencer_id, mime_type, width, height, size_bytes, sha256,
                                 token)
select organization_id, id, 'image/png', 800, 800, $3, $4, $5
  from drawn
"""


@contextmanager
def furnished(folder: Path) -> Iterator[FilledShop]:
    """Furnish a shop with 10,000 posts, and a video as its last content."""
    with shop(folder, posts=True) as made, made.api.client() as client:
        contents = [*made.contents, film(client, made.project, folder)]
        events(client, made.project)
        people = [influencer(client, made.project, name) for name in ("Maya", HOSTILE[:128], LONG[:128])]
        asyncio.run(_furnish(made.api.database_url, folder, people[0]))
        yield made._replace(contents=contents)


def film(client: httpx.Client, project: str, folder: Path) -> str:
    """Upload a playable video as content."""
    made = make_clip(folder / "shop.mp4", picture="testsrc2=s=360x640:r=12:d=2", sound=None)
    parts: list[Any] = [("file", ("shop.mp4", made.read_bytes(), "video/mp4")), ("caption", (None, HOSTILE))]
    answer = client.post(f"/projects/{project}/content/upload", files=parts)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def events(client: httpx.Client, project: str) -> None:
    """Send events of a new app, with hostile user ids."""
    app = {"name": LONG, "platform": "ios", "bundleId": "com.example.shop"}
    created = client.post(f"/projects/{project}/sdk-apps", json=app)
    assert created.is_success, created.text
    now = datetime.now(UTC)
    sent = [
        {
            "name": name,
            "eventId": f"e-{number}",
            "appUserId": f"{number % 17} {HOSTILE}",
            "occurredAt": f"{now - timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}",
            "properties": {"value": 9.5, "currency": "EUR"} if name == EVENTS[-1] else {},
        }
        for number, name in zip(range(60), itertools.cycle(EVENTS), strict=False)
    ]
    answer = client.post(
        f"/apps/{created.json()['appId']}/events",
        json={"events": sent},
        headers={"Authorization": f"Bearer {created.json()['apiKey']}"},
    )
    assert answer.json().get("rejected") == [], answer.text


def influencer(client: httpx.Client, project: str, name: str) -> str:
    """Create an influencer without a portrait yet."""
    created = client.post(f"/projects/{project}/influencers", json={"name": name, "gender": "female"})
    assert created.status_code == 202, created.text
    return str(created.json()["influencerId"])


async def _furnish(url: str, folder: Path, presenter: str) -> None:
    presenter_id = seeds.parse_id(ids.INFLUENCER_ID_PREFIX, presenter)
    async with open_postgres_pool(url, name="test") as pool, pool.acquire() as conn:
        org = await conn.fetchval("select organization_id from influencer where id = $1", presenter_id)
        await conn.execute(FIGURES, org)
        await conn.execute(FOLLOWERS, org, HOSTILE)
        await _insert_portrait(conn, org, presenter_id, folder)
        await sending.fold_all(conn)


async def _insert_portrait(conn: Conn, org: UUID, presenter_id: UUID, folder: Path) -> None:
    face = Presenter(name="Maya", gender="female", age_range="young_adult", seed="maya")
    draw_presenter_portrait(face, derive_piece_color_theme(["#0b6e99"])).save(out := io.BytesIO(), "PNG")
    data, token = out.getvalue(), secrets.token_urlsafe(32)
    await open_folder_store(f"file://{folder}/media").write(token, _one_chunk(data))
    await conn.execute(READY, org, presenter_id, len(data), hashlib.sha256(data).digest(), token)


async def _one_chunk(data: bytes) -> AsyncIterator[bytes]:
    yield data
