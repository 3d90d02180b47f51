// Screens, in menu order. A new screen is a module in `screens/` and a line here.
//
// A screen is {name, title, group, scope, key, icon, ids?, show(view)}. `name` begins its URLs. Only keys
// with `scope` see it. `g` and `key` open it. `ids` are the prefixes of its objects' ids.

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

export const SCREENS = [projects, content, posts, accounts, jobs, webhooks, apiKeys, audit, overview, opsJobs,
  workers, organizations, leases];
