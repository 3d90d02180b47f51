// Accounts of all projects.

import { h } from "../dom.js";
import { call } from "../http.js";
import { accountList } from "../project/accounts.js";
import { go } from "../router.js";
import { heading } from "../view.js";

export const accounts = { name: "accounts", title: "Accounts", group: "Build", scope: "social:read", key: "s",
  icon: "accounts", ids: ["sa"], async show(view) {
  view.title("Accounts");
  const [id] = view.path;
  if (id)
    return go(["projects",
      (await call("GET", `/v1/social-accounts/${encodeURIComponent(id)}`, { signal: view.signal })).projectId,
      "accounts"]);
  const list = h("div.tab");
  view.main.replaceChildren(heading("Accounts of all projects"), list);
  await accountList(view, { path: "/v1/social-accounts", into: list });
} };
