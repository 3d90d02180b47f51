"""Meanings of the words that the code has. A word without its meaning fails the command.

Each table is by word. `contract` joins them with what the code knows of the word.
"""

#: What to do about an error code, and whether the same request may be sent again as it is.
CODES = {
    "BAD_REQUEST": ("Send a body that parses.", "no"),
    "UNAUTHENTICATED": ("Send a key that is valid.", "no"),
    "FORBIDDEN_SCOPE": ("Use a key with that scope.", "no"),
    "ORIGIN_NOT_ALLOWED": ("Send from a page of the app's `webDomain`, or change that.", "no"),
    "RETURN_URL_NOT_ALLOWED": (
        "Use a key whose `returnOrigins` have that origin, or for accounts the API's own.",
        "no",
    ),
    "APPROVAL_REQUIRED": ("Approve it, or schedule it: it then waits for its approval.", "no"),
    "NOT_FOUND": ("Look at the id and the path. Whose the object is, nobody is told.", "no"),
    "METHOD_NOT_ALLOWED": ("Use a method of `Allow`.", "no"),
    "CONFLICT": ("Read `details.reason`: the table below says what each asks for.", "once it is mended"),
    "CONTENT_REJECTED": ("Upload new content: a rejection is final.", "no"),
    "IDEMPOTENCY_CONFLICT": ("Use a new key for a new request.", "with `IN_FLIGHT`, after 1 s"),
    "PRECONDITION_FAILED": ("Read the object again, and send its present `ETag`.", "no"),
    "PAYLOAD_TOO_LARGE": (
        "Send less; where `details.limit` is `storage`, have projects purged. The connection is closed.",
        "no",
    ),
    "URI_TOO_LONG": ("Send less in the query, or several requests.", "no"),
    "UNSUPPORTED_MEDIA_TYPE": ("Send the `Content-Type` that the route reads.", "no"),
    "RANGE_NOT_SATISFIABLE": ("Ask for bytes within the size.", "no"),
    "HOST_NOT_ALLOWED": (
        "Ask at the API's public address. An operator adds other names to `ALLOWED_HOSTS`.",
        "no",
    ),
    "VALIDATION": ("Mend each value that `details.issues` names.", "no"),
    "RATE_LIMITED": ("Wait as long as `Retry-After` says.", "yes, then"),
    "HEAD_TOO_LARGE": ("Send fewer or shorter header fields.", "no"),
    "INTERNAL": ("Repeat with the same `Idempotency-Key`; if it stays, send us `requestId`.", "yes"),
    "KILL_SWITCH": ("Use another key; for an `organization`, ask its operators.", "no"),
    "UNAVAILABLE": ("Nothing was changed. Repeat after `Retry-After`.", "yes"),
}

#: When a reason of a 409 `CONFLICT` is given, and what to do.
REASONS = {
    "ACCOUNT_LEASED": "It is on lease, or one of the project's is. End the lease, or leave it out.",
    "ACCOUNT_NOT_CONNECTED": "The account is disconnected, or asks to be connected again. Connect it first.",
    "ACCOUNT_NOT_LEASABLE": "`details.issues` has the accounts that can't be leased now. Leave them out.",
    "ACCOUNT_OFFERED": "The account is offered for lease. Withdraw it, or leave it out.",
    "ALREADY_DECIDED": "Somebody has decided before, or nothing waits for a decision. Read the object again.",
    "ALREADY_RETRIED": "Of `skipped`: another job repeats it. Follow that, or retry that.",
    "ALREADY_RUNNING": "Of `skipped`: another job does the same now. Wait for its end.",
    "APP_EXISTS": "The project has an app of that platform and identifier: `details.appId`. Use that one.",
    "ARCHIVE_RUNNING": "The project is being archived. Wait for the end of its job, or retry that.",
    "CONTENT_NOT_READY": "The content isn't completed. Wait for the end of its job.",
    "CONTENT_UPLOADED": "The content was uploaded: only what was generated can be made anew.",
    "DUPLICATE_POST": "The account has the same content within 24 h. Send `allowDuplicate` if that is meant.",
    "ENDPOINT_DISABLED": 'The endpoint is disabled. Make it active: `PATCH {"status": "active"}`.',
    "GITHUB_NOT_CONFIGURED": "This server has no GitHub App. Its operator sets one up.",
    "INFLUENCER_NOT_READY": "The influencer is `details.status`. Wait for the end of its job, or retry that.",
    "INGEST_RUNNING": "Another ingest of this source runs: `details.jobId`. Wait for it, or cancel it.",
    "JOB_CANCEL_UNAVAILABLE": "The job can't be stopped at `details.stage`. Wait for its end.",
    "JOB_NOT_RETRYABLE": "Another job could do no better, or is not allowed. The message says what to do.",
    "KEY_STRONGER": "It lives longer, or may send people elsewhere, than your key. Use a stronger one.",
    "KEY_KILLED": "A killed key stays so. Create another one.",
    "NOBODY_LISTENS": "No endpoint wants that type, and nobody reads the stream. Make one, or read it.",
    "NOT_ARCHIVED": "Only an archived project is purged. Archive it first.",
    "OTHER_ACCOUNT": "Another account let us in than the one to connect again. Nothing was changed.",
    "OUTCOME_KNOWN": "What became of the post is known. There is nothing to resolve.",
    "POSTS_WAIT": "Posts of its own project wait for the account. Cancel them, or let them go out first.",
    "POST_NOT_QUEUED": "The post is on its way or has ended. Only one that waits can be changed.",
    "PROJECT_ARCHIVED": "The project is archived. Un-archive it first.",
    "CLOCK_ADVANCING": "The sandbox's clock advances, and with it all that the write would find. Wait for "
    "the end of the job `jobId`.",
    "SANDBOX_KEY": "It is about live organizations. Use a live key.",
    "SUPERSEDED": "Of `skipped`: an ingest of the same source was started since. Nothing is missing.",
    "TOO_MANY_ACCOUNTS": "The lease request asks for fewer accounts.",
    "TOO_MANY_ADS": "A project has at most `details.limit` ads on a day, by each window. Import fewer.",
    "TOO_MANY_APPS": "The project has, or has had, `details.limit` SDK apps. Delete one that nobody uses.",
    "TOO_MANY_ENDPOINTS": "The organization has `details.limit` webhook endpoints. Delete one.",
    "TOO_MANY_INFLUENCERS": "The project has `details.limit` influencers. Delete one that presents nothing.",
    "TOO_MANY_KEYS": "The organization has `details.limit` keys that are alive. Kill one that nobody uses.",
    "TOO_MANY_WINDOWS": "A project has `details.limit` attribution windows at most. Use one, or delete one.",
    "TOO_MUCH_APP_MEDIA": "The project has `limit` files of that kind, or `limitBytes`. Delete one.",
    "VERSION_MISMATCH": "The content was edited since. Read it again, and decide on what it is now.",
}

#: Who has to act on a post's `lastError.category`.
CATEGORIES = {
    "auth": "The account's owner connects it again.",
    "rate_limit": "Nobody: the platform asked for a pause, and the post waits.",
    "quota": "Nobody, or the partner plans fewer posts: the account has sent what it may in this window.",
    "user_content": "The partner changes caption or media.",
    "account_issue": "The account's owner looks what the platform says of the account.",
    "platform_rejected": "The partner asks the platform, or us: it gave a reason that we don't know.",
    "config": "The operator of this server sets something up.",
    "network": "Nobody: the platform could not be reached, and nothing was sent.",
    "too_late": "The partner schedules it again: its time was over by two hours.",
    "unknown": "A person looks on the platform, and says what they saw with `resolve`.",
}

#: What a scope lets a key do.
SCOPES = {
    "*": "everything that is listed here but `ops:*`",
    "projects:read": "read projects, brands, SDK apps, GitHub installations",
    "projects:write": "create, change and archive projects; create, change and delete their SDK apps",
    "ingest:write": "start ingests, connect GitHub",
    "jobs:read": "read, await and list jobs",
    "jobs:cancel": "cancel jobs",
    "content:read": "read content and its files",
    "content:write": "upload and edit content",
    "content:approve": "approve, reject, and change the approval policy",
    "publish:read": "read scheduled posts",
    "publish:write": "schedule, publish, move, cancel and resolve posts",
    "social:read": "read accounts",
    "social:write": "connect and disconnect accounts",
    "leased:write": "ask for, read and release leased accounts",
    "influencers:read": "read influencers",
    "influencers:write": "create, change, clone and delete influencers",
    "metrics:read": "read metrics",
    "metrics:write": "import what ads came to",
    "events:read": "read events without what is a person's, conversions, and which events were refused",
    "events:read+pii": "beside `events:read`: read what is a person's, too",
    "events:write": "send events of SDK apps from a server",
    "webhooks:read": "read webhook endpoints, deliveries, and events with the whole objects they tell of",
    "webhooks:write": "change webhook endpoints, which are sent those objects; test them, send again",
    "keys:write": "list, create, rotate and kill keys, each with no more than its own scopes",
    "audit:read": "read the audit log",
    "ops:read": "see pools, workers, organizations, and the offers and lease requests of all of them",
    "ops:write": "pause pools, lend accounts, purge projects, create and suspend organizations",
}

#: The statuses of each resource: what it is in, and what ends it.
STATUSES = {
    "project": {
        "active": "Takes everything. `DELETE` makes it `archived`.",
        "archived": "Starts nothing. A `PATCH` of `status` makes it `active`; what was canceled stays so.",
    },
    "ingest of a project": {
        "running": "Its job runs.",
        "completed": "The source was read. The next ingest of it makes it `running`.",
        "failed": "`error` says why. The next ingest makes it `running`.",
        "canceled": "Its job was canceled. The next ingest makes it `running`.",
    },
    "job": {
        "running": "Accepted and not ended; `stage` says how far it is, `queued` and `scheduled` included.",
        "completed": "Done: `result`. Final.",
        "failed": "`error`. Final: a retry is a new job.",
        "canceled": "Final: a retry is a new job.",
    },
    "content": {
        "queued": "Waits to be made.",
        "processing": "Is being made.",
        "completed": "Can be decided on, scheduled and published. An upload is so from the start.",
        "failed": "Could not be made. Final.",
        "canceled": "Its making was canceled. Final.",
    },
    "approval of content": {
        "not_required": "May go out. Decided once, when the item was made.",
        "pending": "Waits for `approved` or `rejected`; its posts are `blocked`.",
        "approved": "May go out. An edit makes it `pending` again, and its queued posts `blocked`.",
        "rejected": "Never goes out; its posts are `canceled`. Final.",
    },
    "influencer": {
        "pending": "Waits to be drawn.",
        "training": "Is being drawn.",
        "ready": "Has its portrait, and can present content. Final.",
        "failed": "`errorMessage` says why. A retry of its job makes it `pending` again.",
    },
    "post": {
        "blocked": "Waits for the approval of its content, or of its own caption (`captionPending`).",
        "queued": "Waits for its time or its place in the account's queue, or is being prepared.",
        "publishing": "The irreversible call may be made. Nobody stops it any more.",
        "published": "Proved live. Final.",
        "draft_in_inbox": "Lies in the account's inbox. Its owner publishes it.",
        "failed": "Proved **not** to be live. A retry of its job may make it `queued` again.",
        "canceled": "Never went out. Final.",
        "outcome_unknown": "The platform may have it. It is asked for a day, and the post never sent again.",
    },
    "social account": {
        "connected": "Posts go out.",
        "reauth_required": "Its owner has to let us in again. Posts wait, at most two hours past their time.",
        "disconnected": "Its tokens are gone, its posts canceled. Final: a new connection is a new account.",
    },
    "connection attempt": {
        "pending": "Its person or its job hasn't ended.",
        "connected": "`socialAccountId` is connected. Final.",
        "failed": "`error.code`. Final: begin anew.",
    },
    "lease request": {
        "requested": "Waits for an operator.",
        "partial": "Has some of the accounts. With a `reason` it gets no more.",
        "assigned": "Has all of them. Final.",
        "rejected": "Gets none: `reason`. Final.",
    },
    "end of a lease": {
        "released": "The partner gave it back.",
        "recalled": "An operator took it back.",
        "project_archived": "The project was archived.",
    },
    "worker": {
        "active": "Pulls jobs. SIGTERM makes it `draining`.",
        "draining": "Pulls nothing more, and ends once its jobs have.",
    },
}
