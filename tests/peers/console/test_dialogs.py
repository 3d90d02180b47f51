"""Dialogs of the console: the ways to close one, without losing a sent request or a secret."""

from typing import Any

import pytest

from tests.peers.chromium import BrowserTab
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


@pytest.mark.parametrize(
    ("scene", "found"),
    [
        pytest.param(BESIDE, [True, False], id="a selection that ends beside it leaves it open"),
        pytest.param(SECRET, [False, "whsec_once", False], id="a secret stays until its button is pressed"),
        pytest.param(SENDING, [False, 1, "lp_test_once"], id="what was sent is answered though it closed"),
        pytest.param(SEEN, [True, True, True], id="a notice is above it, and outlives it"),
        pytest.param(AGAIN, ["made", 2, 1], id="the next click is the same request"),
    ],
)
def test_dialog_keeps_input_and_pending_requests(
    api: OwnApi, page: BrowserTab, scene: str, found: list[Any]
) -> None:
    page.open(f"{api.url}/console", "document.querySelector('[name=key]')")
    assert page.run(PAGE.replace("SCENE", scene)) == found
