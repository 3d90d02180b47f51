// Application shell: session, routing and the menu.

import { advance, clockText, readClock } from "./clock.js";
import { announce, h } from "./dom.js";
import { find } from "./find.js";
import { applyTheme, drawFrame, nextTheme, Status } from "./frame.js";
import { call, session } from "./http.js";
import { help, listen } from "./keys.js";
import { refreshing } from "./refresh.js";
import { address, go } from "./router.js";
import { SCREENS } from "./screens.js";
import { empty, failed, noticeOf } from "./states.js";
import { tick } from "./times.js";
import { View } from "./view.js";

const TICK_MS = 10000;
const main = document.getElementById("main"), bar = document.getElementById("bar");
let who = null, sandbox = null, leaving = new AbortController(), view = null, here = null;

/** Check a scope as the API does: `*` grants every scope except the operators'. */
const may = scope => who.scopes.includes(scope) || (who.scopes.includes("*") && !scope.startsWith("ops:"));

const open = () => (who ? SCREENS.filter(({ scope }) => may(scope)) : []);
const status = new Status(() => who && redrawFrame());

const acts = { menu: () => {
  bar.classList.toggle("opened");
  redrawFrame();
}, find: () => find(open()), still: () => {
  refreshing.toggle();
  redrawFrame();
  announce(refreshing.on ? "Refreshing" : "Not refreshing");
  view?.refresh();
}, theme: () => {
  nextTheme();
  redrawFrame();
}, help: () => help(frame), signOut };

const frame = { screens: open, find: acts.find, open: ({ name }) => go([name]), refresh: async () => {
  await view?.refresh();
  announce("Refreshed");
} };

/** Texts of the tab to which a platform's consent page returns, by outcome. */
const OUTCOMES = {
  connected: ["The account is connected", "Close this tab. The account appears in the previous tab."],
  pending: ["The account is not connected yet",
    "The platform has not confirmed it yet. Close this tab: the previous tab shows the result."],
  failed: ["The account is not connected",
    "Access was not granted. Close this tab, and connect the account again in the previous tab."]
};

async function start() {
  const outcome = OUTCOMES[new URLSearchParams(location.search).get("status")];
  if (!session.key) return outcome ? showOutcome(outcome) : signIn();
  try {
    who = await call("GET", "/v1/whoami");
    sandbox = await readClock(who);
  } catch (error) {
    if (error.status === 401) session.close();
    return signIn(error.message);
  }
  await route();
}

async function route() {
  leaving.abort();
  leaving = new AbortController();
  bar.classList.remove("opened");
  const { signal } = leaving, { name, path, query } = address(), screens = open();
  const isNew = here?.name !== name || view?.path.join() !== path.join();
  here = screens.find(screen => screen.name === name) ?? (name ? null : screens[0]);
  redrawFrame();
  if (isNew) main.replaceChildren();
  if (!here) return main.replaceChildren(noScreen(name, screens));
  view = new View({ main, path, query, signal, who, may, status });
  try {
    await here.show(view);
  } catch (error) {
    if (!signal.aborted) main.replaceChildren(failed(error, route));
  }
  if (isNew && !signal.aborted) focusScreen();
}

/** Scroll up and focus the new screen, unless the user has moved the focus. */
function focusScreen() {
  scrollTo(0, 0);
  if (document.activeElement === document.body || bar.contains(document.activeElement))
    main.focus({ preventScroll: true });
  announce(document.title);
}

const noScreen = (name, screens) =>
  screens.length
    ? empty("No such screen", name ? `“${name}” does not exist, or this key may not open it.` : "",
      h("a.button", { href: `#/${screens[0].name}` }, `Open ${screens[0].title}`))
    : empty("Nothing to show", "This key has no scope for any screen. Sign out, and use another key.");

const redrawFrame = () =>
  drawFrame({ who, screens: open(), here, status, clock: sandbox && clockText(sandbox),
    acts: { ...acts, clock: may("publish:write") ? move : null } });

/** Move the sandbox's clock and refresh the screen. */
const move = () =>
  advance(async clock => {
    sandbox = clock;
    redrawFrame();
    await view?.refresh();
  }).catch(noticeOf);

/** Update relative times and the sandbox's clock. */
function updateTimes() {
  tick();
  if (sandbox && who) redrawFrame();
}

function signIn(message) {
  const key = h("input", { type: "password", name: "key", required: true, autocomplete: "off",
    spellcheck: false, placeholder: "lp_live_…" });
  document.body.classList.add("signed-out");
  document.title = "Tenantry console";
  main.replaceChildren(h("form.card.sign-in", { onsubmit: event => {
    event.preventDefault();
    session.open(key.value.trim());
    document.body.classList.remove("signed-out");
    start();
  } }, h("div.brandmark", h("span.mark", { ariaHidden: "true" }), "Tenantry"),
    h("h1", "Sign in to the console"), h("label", "API key", key),
    message && h("p.why", { role: "alert" }, message), h("button.primary", { type: "submit" }, "Sign in"),
    h("p.hint", "The key is kept in this tab only, until you close it.")));
  key.focus();
}

function showOutcome([title, text]) {
  document.body.classList.add("signed-out");
  document.title = `${title} · Tenantry`;
  main.replaceChildren(empty(title, text));
}

function signOut() {
  leaving.abort();
  session.close();
  who =
    here =
    view =
    sandbox =
      null;
  bar.replaceChildren();
  signIn();
}

applyTheme();
document.querySelector(".skip").onclick = event => {
  event.preventDefault();
  main.focus();
};
addEventListener("hashchange", () => who && session.key && route());
setInterval(updateTimes, TICK_MS);
listen(frame);
start();
