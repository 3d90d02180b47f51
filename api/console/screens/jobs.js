// Jobs: the list, and what may be done to one.

import { jobsView } from "../jobs.js";

export const jobs = {
  name: "jobs", title: "Jobs", group: "Build", scope: "jobs:read", key: "j", icon: "jobs", ids: ["job"],
  async show(view) {
    view.title("Jobs");
    await jobsView(view.main, { query: view.query, signal: view.signal, may: view.may });
  },
};
