// Accounts tab: social accounts of a project, their health, and connecting them.

import { query } from "../api.js";
import { platformDot } from "../components.js";
import { badge, h, notice } from "../dom.js";
import { formDialog, input } from "../forms.js";
import { call, once } from "../http.js";
import { describe, PLATFORMS } from "../labels.js";
import { DESCRIPTIONS } from "../platforms.js";
import { link } from "../router.js";
import { attempt, empty } from "../states.js";
import { listing, pager } from "../table.js";
import { ago } from "../times.js";
import { choice } from "../view.js";
import { returnUrl, showConsentLink } from "./consent.js";
import { leaseRequests, requestAccounts } from "./lease_requests.js";

const WORDS = { connected: "connected", reauth_required: "connect again", disconnected: "disconnected" };

export async function accounts(view, { id, into }) {
  const list = h("div"), requests = h("div");
  into.replaceChildren(list, requests);
  await accountList(view, { path: `/v1/projects/${id}/social-accounts`, into: list, project: id });
  if (view.may("leased:write")) await leaseRequests(view, { id, into: requests });
}

/** Draw the accounts of one project, or of all. */
export async function accountList(view, { path, into, project }) {
  const params = () =>
    query({ status: view.query.get("status"), platform: view.query.get("platform"),
      cursor: view.query.get("cursor"), limit: 50 });
  await view.live(() => call("GET", `${path}?${params()}`, { signal: view.signal }),
    page => [
      h("div.heading",
        h("div.under", choice(view, "status", "Status", [["", "All states"], ...Object.entries(WORDS)]),
          choice(view, "platform", "Platform", [["", "All platforms"], ...Object.entries(PLATFORMS)])),
        project && h("div.tools", view.may("leased:write") && h("button", { onclick: () =>
          requestAccounts(view, project) }, "Request accounts"),
          view.may("social:write") && h("button.primary", { onclick: () =>
            connect(view, project) }, "Connect an account"))),
      listing({ label: "Accounts",
        heads: [{ text: "Account", className: "name" }, { text: "Platform", className: "wide" }, "Health", {
          text: "Connected",
          className: "wide"
        }, { text: "Access ends", className: "wide" },
          ...project ? [] : [{ text: "Project", className: "wide" }], { text: "", className: "acts" }],
        rows: page.items.map(account => ({ key: account.socialAccountId, name: account.handle,
          cells: cells(view, account, project) })
        ), none: empty("No account yet", project
          ? "Connect an account: its owner grants access on the platform's page."
          : "Connect an account in one of the projects.") }),
      pager(view, page)
    ], { into });
}

const cells = (view, account,
  project) => [
  h("span.owner", { title: account.serviceUrl }, platformDot(account.platform), account.handle,
    account.leased && [" ", badge("on lease", "cool")]),
  PLATFORMS[account.platform],
  badge(WORDS[account.status], account.status),
  ago(account.connectedAt),
  account.tokenExpiresAt ? ago(account.tokenExpiresAt) : "–",
  ...project
    ? []
    : [
      h("a", { href: link(["projects", account.projectId, "accounts"]) }, `…${account.projectId.slice(-8)}`)
    ],
  view.may("social:write") && account.status !== "disconnected" && !account.leased
  && [
    h("button", { className: `small ${account.status === "reauth_required" ? "primary" : ""}`,
      ariaLabel: `Reconnect ${account.handle}`, onclick: event =>
        reconnect(view, account, event.currentTarget) }, "Reconnect"),
    " ",
    h("button.small.quietly", { ariaLabel: `Disconnect ${account.handle}`,
      onclick: () => disconnect(view, account) }, "Disconnect")
  ]
];

const reconnect = (view, account, button) =>
  describe(account.platform).password
    ? connectByPassword(view, account.projectId, account.platform, account)
    : attempt(button, async () =>
      showConsentLink(view, account.platform,
        await call("POST", `/v1/projects/${account.projectId}/social/reauth-url`, {
          body: { socialAccountId: account.socialAccountId, returnUrl: returnUrl() },
          headers: once()
        })));

const SERVERS = Object.values(DESCRIPTIONS).filter(({ server }) => server);

/** The first platform with a consent page of its own: nothing else has to be entered. */
const DEFAULT = Object.keys(DESCRIPTIONS).find(name =>
  !DESCRIPTIONS[name].password && !DESCRIPTIONS[name].server
);

async function connect(view, project) {
  const chosen = await formDialog({ title: "Connect an account", verb: "Continue",
    next: "Its owner grants access on the platform's page.",
    fields: [input("platform", "Platform", { value: DEFAULT }, { options: Object.entries(PLATFORMS) }),
      SERVERS.length > 0
      && input("instance", "Server", { maxLength: 253, placeholder: SERVERS[0].server }, {
        hint: `For ${SERVERS.map(({ title }) => title).join(" and ")} only.`
      })], send: async ({ platform, instance }, headers) => {
      const { password, server } = DESCRIPTIONS[platform];
      if (password) return { platform };
      const body = { platform, returnUrl: returnUrl(), ...server && { instance } };
      return { platform,
        ...await call("POST", `/v1/projects/${project}/social/oauth-url`, { body, headers: headers(body) }) };
    } });
  if (!chosen) return;
  if (DESCRIPTIONS[chosen.platform].password) await connectByPassword(view, project, chosen.platform);
  else showConsentLink(view, chosen.platform, chosen);
}

async function connectByPassword(view, project, platform, account) {
  const { title, password } = DESCRIPTIONS[platform];
  const done = await formDialog({
    title: account ? `Reconnect ${account.handle}` : `Connect a ${title} account`,
    verb: "Connect",
    next: "The password is used once and not stored.",
    fields: [
      input("identifier", "Handle", { required: true, value: account?.handle ?? "",
        placeholder: password.example, autofocus: !account }),
      input("appPassword", "App password", { required: true, type: "password", autocomplete: "off",
        autofocus: Boolean(account) }, { hint: password.instructions })
    ],
    send: ({ identifier, appPassword }, headers) => {
      const body = { platform, identifier, appPassword };
      return call("POST", `/v1/projects/${project}/social-accounts`, { body,
        headers: headers(identifier, appPassword.length) });
    }
  });
  if (!done) return;
  notice("Connecting: the account appears in a few seconds.", "good",
    h("a.button.small", { href: link(["jobs", done.jobId]) }, "Open job"));
  await view.refresh();
}

async function disconnect(view, account) {
  const done = await formDialog({ title: `Disconnect ${account.handle}?`, verb: "Disconnect", danger: true,
    text:
      "Its waiting posts are canceled, and its tokens are deleted. To reconnect it, its owner must grant access again.",
    fields: [],
    send: (_, headers) =>
      call("DELETE", `/v1/social-accounts/${account.socialAccountId}`, { headers: headers("disconnect") }) });
  if (!done) return;
  notice(`Disconnected; ${done.canceledScheduledPosts} posts were canceled.`, "good");
  await view.refresh();
}
