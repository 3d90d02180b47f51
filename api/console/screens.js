// The screens, in the order of the menu. A new one is a module in `screens/` and its line here.
//
// A screen is {name, title, group, scope, key, icon, ids?, show(view)}: `name` begins its addresses, a key
// without
// `scope` isn't offered it, `g` and `key` open it, and an id with a prefix of `ids` is found on it.

import { accounts } from "./screens/accounts.js";
import { apiKeys } from "./screens/api_keys.js";
import { audit } from "./screens/audit.js";
import { content } from "./screens/content.js";
import { jobs } from "./screens/jobs.js";
import { leases } from "./screens/leases.js";
import { opsJobs } from "./screens/ops_jobs.js";
import { organizations } from "./screens/organizations.js";
import { overview } from "./screens/overview.js";
import { posts } from "./screens/posts.js";
import { projects } from "./screens/projects.js";
import { webhooks } from "./screens/webhooks.js";
import { workers } from "./screens/workers.js";

export const SCREENS = [projects, content, posts, accounts, jobs, webhooks, apiKeys, audit, overview,
  opsJobs, workers, organizations, leases];
