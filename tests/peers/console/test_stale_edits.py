"""Edits of data that changed in the meantime: the form asks, and sends only the edited fields."""

from collections.abc import Callable

import httpx
import pytest

from tests.peers.chromium import BrowserTab
from tests.peers.console.actions import click_button
from tests.peers.own_api import OwnApi

pytestmark = pytest.mark.peers

DIALOG = "document.querySelector('dialog[open]')"

#: The screen of a new object, the button of its form, its path, and the names of two of its fields.
Edited = tuple[str, str, str, str, str]


def influencer(api: OwnApi, client: httpx.Client) -> Edited:
    project = api.project(client)
    created = client.post(f"/projects/{project}/influencers", json={})
    assert created.is_success, created.text
    path = f"/influencers/{created.json()['influencerId']}"
    return f"projects/{project}/influencers", "Edit", path, "name", "brandVoice"


def endpoint(api: OwnApi, client: httpx.Client) -> Edited:
    body = {"url": "https://shop.example/hooks", "events": ["post.failed", "post.published"]}
    created = client.post("/webhook-endpoints", json=body)
    assert created.is_success, created.text
    one = created.json()["id"]
    return f"webhooks/{one}", "Edit…", f"/webhook-endpoints/{one}", "description", "url"


@pytest.mark.parametrize("made", [influencer, endpoint])
def test_concurrent_edit_asks_before_overwriting(
    api: OwnApi, page: BrowserTab, made: Callable[[OwnApi, httpx.Client], Edited]
) -> None:
    """After an overwrite, unedited fields keep the other user's values."""
    page.expects.append("412")
    with api.client() as client:
        address, verb, path, typed, other = made(api, client)
        api.open(page, address, "document.querySelector('main button')")
        for number, (choice, said) in enumerate((("Overwrite", "Mine"), ("Reload", "Theirs"))):
            click_button(page, verb)
            page.until(f"{DIALOG}?.querySelector('[name={typed}]')")
            theirs = {typed: "Theirs", other: f"https://theirs.example/{number}"}
            client.patch(path, json=theirs).raise_for_status()
            page.run(f"{DIALOG}.querySelector('[name={typed}]').value = 'Mine'")
            click_button(page, "Save")
            click_button(page, choice)
            page.until(f"!{DIALOG}")
            page.until(f"document.querySelector('main').innerText.includes('{said}')")
            assert client.get(path).json() | theirs | {typed: said} == client.get(path).json()
        seen = client.get(path).json()
        assert seen.get("events") in (None, ["post.failed", "post.published"])
