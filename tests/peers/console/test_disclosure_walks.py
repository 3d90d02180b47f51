"""Disclosure: a TikTok post asks for its audience, and the AI label is shown and declared."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

import pytest

from db.pool import connected
from schemas import ids
from tests import seeds
from tests.peers.chromium import BrowserTab
from tests.peers.console.actions import click, send, write
from tests.peers.console.shop import FilledShop, shop, upload_content

pytestmark = pytest.mark.peers

LEVELS = {"privacyLevels": ["public", "friends", "private"]}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledShop]:
    with shop(tmp_path_factory.mktemp("console"), posts=False) as made:
        yield made


async def tiktok(shop: FilledShop) -> str:
    """Create a TikTok account of the shop with several audiences; return its id."""
    async with connected(shop.api.database_url, name="test") as conn:
        project = UUID(str(ids.read(ids.PROJECT, shop.project)))
        org = await conn.fetchval("select organization_id from project where id = $1", project)
        created = await seeds.account(conn, org, project, platform="tiktok", handle="shop", traits=LEVELS)
    return ids.show(ids.ACCOUNT, created)


def test_tiktok_post_requires_an_audience_and_shows_its_ai_label(quiet: FilledShop, page: BrowserTab) -> None:
    account = asyncio.run(tiktok(quiet))
    page.expects.append("422")
    with quiet.api.client() as client:
        content = upload_content(client, quiet.project)
        quiet.open(page, f"projects/{{project}}/content/{content}", "document.querySelector('main .caption')")
        click(page, "Add AI label")
        page.until("[...document.querySelectorAll('.badge')].some((one) => one.innerText === 'AI-generated')")
        assert client.get(f"/content/{content}").json()["aiGenerated"] is True
        click(page, "Schedule…")
        page.until(f"document.querySelector('dialog [name=targets][value={account}]')")
        page.run(f"document.querySelector('dialog [name=targets][value={account}]').click()")
        send(page)
        asks = "document.querySelector('dialog [data-issue=targets]').innerText"
        page.until(f"{asks}.includes('choose one of public, friends, private')")
        write(page, account, "private")
        send(page)
        page.until("!document.querySelector('dialog[open]')")
        [post] = client.get(f"/projects/{quiet.project}/scheduled-posts?socialAccountId={account}").json()[
            "items"
        ]
        assert (post["privacyLevel"], post["aiLabel"]) == ("private", "not_supported")
        quiet.open(
            page, f"projects/{{project}}/calendar/{post['id']}", "document.querySelector('main .state')"
        )
        shown = "document.querySelector('main').innerText"
        page.until(f"{shown}.includes('only its owner')")
        page.until(f"{shown}.includes('the platform has no label')")
