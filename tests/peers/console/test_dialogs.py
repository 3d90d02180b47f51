"""Dialogs of the console: the ways to close one, without losing a sent request or a secret."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.peers.chromium import BrowserTab
from tests.peers.console.actions import click_button
from tests.peers.console.checks import check_themes
from tests.peers.own_api import OwnApi

pytestmark = pytest.mark.peers

PAGE = """(async () => {
  const load = (name) => import(`/console/${name}.js`);
  const loaded = await Promise.all(["dialog", "forms", "secret"].map(load));
  const { openDialog, formDialog, showSecret } = Object.assign({}, ...loaded);
  const opened = () => document.querySelector("dialog[open]");
  const press = (on) => on.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  const escape = (dialog) => dialog.dispatchEvent(new Event("cancel", { cancelable: true }));
  SCENE
})()"""

BESIDE = """
  const closed = openDialog("Any", () => []), dialog = opened();
  press(dialog.firstChild);
  dialog.click();
  const selected = dialog.open;
  press(dialog);
  dialog.click();
  await closed;
  return [selected, dialog.open];
"""

SECRET = """
  Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
  const closed = showSecret({ title: "A secret", text: "It is new.", secret: "whsec_once" });
  const dialog = opened();
  press(dialog);
  dialog.click();
  const escaped = escape(dialog), [copy, kept] = dialog.querySelectorAll("button");
  copy.click();
  await Promise.resolve();
  const told = document.querySelector("#notices").textContent, selected = String(getSelection());
  kept.click();
  await closed;
  return [escaped, selected, told.includes("Copied")];
"""

SENDING = """
  let answer, sent = 0;
  const made = formDialog({ title: "New key", verb: "Create key", fields: [],
    send: () => { sent += 1; return new Promise((resolve) => { answer = resolve; }); } });
  const dialog = opened(), form = dialog.querySelector("form");
  for (const _ of [1, 2]) form.requestSubmit();
  const escaped = escape(dialog);
  dialog.close();
  await new Promise((resolve) => dialog.addEventListener("close", resolve));
  answer("lp_test_once");
  return [escaped, sent, await made];
"""

AGAIN = """
  const keys = [];
  const made = formDialog({ title: "New key", verb: "Create key", fields: [],
    send: async (values, headers) => {
      keys.push(headers(values)["Idempotency-Key"]);
      if (keys.length === 1) throw new Error("The answer is lost.");
      return "made";
    } });
  const form = opened().querySelector("form");
  form.requestSubmit();
  await new Promise((resolve) => setTimeout(resolve));
  form.requestSubmit();
  return [await made, keys.length, new Set(keys).size];
"""


SEEN = """
  const { notice } = await load("dom");
  notice("Before");
  const closed = openDialog("Any", () => []), dialog = opened();
  notice("Above");
  const on = (text) => {
    const line = [...document.querySelectorAll(".notice")].find((one) => one.textContent === text);
    const { x, y } = line.getBoundingClientRect();
    return line.contains(document.elementFromPoint(x + 4, y + 4));
  };
  const seen = ["Before", "Above"].map(on);
  dialog.close();
  await closed;
  return [...seen, document.querySelector("#notices").parentNode === document.body];
"""


SCENES: list[tuple[str, str, list[Any]]] = [
    ("a selection that ends beside it leaves it open", BESIDE, [True, False]),
    ("a secret stays until its button is pressed", SECRET, [False, "whsec_once", False]),
    ("what was sent is answered though it closed", SENDING, [False, 1, "lp_test_once"]),
    ("a notice is above it, and outlives it", SEEN, [True, True, True]),
    ("the next click is the same request", AGAIN, ["made", 2, 1]),
]


def test_dialog_keeps_input_and_pending_requests(api: OwnApi, page: BrowserTab) -> None:
    for what, scene, found in SCENES:
        page.open("about:blank", "location.href === 'about:blank'")
        page.open(f"{api.url}/console", "document.querySelector('[name=key]')")
        assert page.run(PAGE.replace("SCENE", scene)) == found, what


# Edits of data that changed in the meantime: the form asks, and sends only the edited fields.

DIALOG = "document.querySelector('dialog[open]')"

#: The screen of a new object, the button of its form, its path, a field, and another field that takes an address.
Edited = tuple[str, str, str, str, str | None]


def project_settings(api: OwnApi, client: httpx.Client) -> Edited:
    project = api.project(client)
    return f"projects/{project}/settings", "Edit", f"/projects/{project}", "name", None


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


@pytest.mark.parametrize("made", [project_settings, influencer, endpoint])
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
            theirs = {typed: "Theirs"} | ({other: f"https://theirs.example/{number}"} if other else {})
            client.patch(path, json=theirs).raise_for_status()
            page.run(f"{DIALOG}.querySelector('[name={typed}]').value = 'Mine'")
            click_button(page, "Save")
            page.until(f"{DIALOG}.querySelector('.failed button')")
            if made is project_settings:
                check_themes(page)
                page.emulate("light", 1400)
            click_button(page, choice)
            page.until(f"!{DIALOG}")
            page.until(f"document.querySelector('main').innerText.includes('{said}')")
            assert client.get(path).json() | theirs | {typed: said} == client.get(path).json()
        seen = client.get(path).json()
        assert seen.get("events") in (None, ["post.failed", "post.published"])
