// The overview of operators: pools and workers.

import { poolsView } from "../ops.js";

export const overview = {
  name: "overview", title: "Overview", group: "Operations", scope: "ops:read", key: "o", icon: "overview",
  async show(view) {
    view.title("Overview");
    await poolsView(view.main, { signal: view.signal, may: view.may });
  },
};
