"""A project's content in the console, in Chromium: looked at and decided on, running nothing that it says."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from tests.media import picture
from tests.peers.chromium import Page, browsing
from tests.peers.own_api import OwnApi, own_api

pytestmark = [pytest.mark.peers, pytest.mark.timeout(180)]

HOSTILE = '<img src=x onerror="window.ran = 1"><script>window.ran = 1</script> javascript:window.ran=1'
BRAND = {
    "appName": f"Tideline {HOSTILE}"[:200],
    "tagline": "Know the tide before you go",
    "appDescription": "Tideline is a quiet tide clock for small harbours. Works without a connection.",
}


class Shop(NamedTuple):
    """A project with two items that await approval, the older one of two pictures."""

    api: OwnApi
    project: str
    items: list[str]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with own_api(tmp_path_factory.mktemp("console")) as api, api.client() as client:
        project = api.project(client)
        assert client.patch(f"/projects/{project}", json={"brandContext": BRAND}).is_success
        policy = {"requiresApproval": True}
        assert client.patch(f"/projects/{project}/approval-policy", json=policy).is_success
        items = [uploaded(client, project, pictures, HOSTILE) for pictures in (2, 1)]
        yield Shop(api, project, items)


def uploaded(client: httpx.Client, project: str, pictures: int, caption: str) -> str:
    file = ("file", ("shop.jpg", picture("JPEG", (40, 50)), "image/jpeg"))
    parts: list[Any] = [file] * pictures + [("caption", (None, caption)), ("hook", (None, caption))]
    made = client.post(f"/projects/{project}/content/upload", files=parts)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def open_at(page: Page, shop: Shop, place: str, ready: str) -> None:
    console = f"{shop.api.url}/console"
    page.open(console, "document.querySelector('[name=key], nav')")
    page.run(f"sessionStorage.setItem('tenantry.key', '{shop.api.key}')")
    page.open("about:blank", "true")
    page.open(f"{console}#/projects/{shop.project}/content{place}", ready)


def test_content_is_looked_at_and_decided_on(shop: Shop) -> None:
    with browsing() as page:
        page.resize(1200)
        open_at(page, shop, "", "document.querySelectorAll('.item img').length == 2")
        page.until("[...document.querySelectorAll('.item img')].every((one) => one.naturalWidth == 40)")
        page.until("document.querySelector('.faces button') && document.querySelector('.files .quiet')")
        assert page.run("document.querySelector('.item .count').innerText") == "2"
        open_at(page, shop, f"/{shop.items[0]}", "document.querySelector('.decide')")
        page.until("[...document.querySelectorAll('.gallery img')].every((one) => one.naturalWidth == 40)")
        assert page.run("document.querySelector('.caption').innerText") == HOSTILE
        assert "mastodon" in page.run("document.querySelector('.whole').innerText")
        page.run("document.querySelector('.decide .primary').click()")
        page.until("document.querySelector('.badge.approved')")
        assert page.run("window.ran") is None
        assert page.troubles == []
    with shop.api.client() as client:
        assert client.get(f"/content/{shop.items[0]}").json()["approvalStatus"] == "approved"


def test_a_form_offers_hooks_of_the_brand(shop: Shop) -> None:
    with browsing() as page:
        open_at(page, shop, "", "document.querySelector('.heading button.primary')")
        page.run("document.querySelector('.heading button.primary').click()")
        page.until("document.querySelector('.hooks button')")
        page.run("document.querySelector('.hooks button').click()")
        assert page.run("document.querySelector('textarea').value") == BRAND["tagline"]
        assert page.run("window.ran") is None
        assert page.troubles == []
