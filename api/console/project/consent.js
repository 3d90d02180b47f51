// OAuth consent on a platform's page: the link and its outcome.

import { openDialog } from "../dialog.js";
import { h, notice } from "../dom.js";
import { call } from "../http.js";
import { PLATFORMS } from "../labels.js";
import { snippet } from "../secret.js";

const POLL_MS = 2000;

/** Next steps by error code. */
const NEXT = {
  ACCESS_DENIED: "The owner denied access on the platform's page. Ask them, then connect the account again.",
  OTHER_BROWSER:
    "The link was opened in one browser and returned in another. Start again, and stay in one browser.",
  OTHER_ACCOUNT:
    "Access was granted to a different account. Sign in to the right account on the platform first.",
  STATE_EXPIRED: "The link expired after ten minutes. Connect the account again.",
  CANCELED: "The attempt was canceled. Connect the account again."
};

/** Return URL of the consent page. The returning tab has no key and only shows the outcome. */
export const returnUrl = () => `${location.origin}/console`;

/**
 * Show the consent link until the attempt ends.
 *
 * The page opens in a new tab. The outcome is reported even without the dialog, while the screen is open.
 */
export function showConsentLink(view, platform, { authorizeUrl, state }) {
  let close = () => {};
  const name = PLATFORMS[platform];
  openDialog(`Grant access at ${name}`, closing => {
    close = closing;
    return [
      h("p",
        `The account's owner grants access on ${name}'s page. Open it here, or send them the link: it works once, for ten minutes.`),
      snippet(authorizeUrl, "link"),
      h("p.hint", { role: "status" }, "Waiting for the owner …"),
      h("div.tools.end", h("button", { onclick: () => closing() }, "Close"),
        h("a.button.primary", { href: authorizeUrl, target: "_blank", rel: "noopener", autofocus: true },
          `Open ${name}`))
    ];
  }, { className: "broad" });
  waitForOutcome(view, state, () => close()).catch(() => {});
}

async function waitForOutcome(view, state, close) {
  for (;;) {
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
    if (view.signal.aborted) return;
    const said = await call("GET", `/v1/social/oauth-status/${state}`, { signal: view.signal }).catch(() =>
      null
    );
    if (!said || said.status === "pending") continue;
    close();
    if (said.status === "connected") notice("The account is connected.", "good");
    else notice(NEXT[said.error?.code] ?? "The account is not connected: connect it again.", "bad",
        said.error && h("code", said.error.code));
    return view.refresh();
  }
}
