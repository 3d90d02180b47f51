"""Every metric, named once. Labels are few and bounded: never an id of anything that partners make."""

from prometheus_client import Counter, Gauge, Histogram

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_LONG = (0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600)

# API
HTTP_REQUESTS = Counter(
    "http_requests", "Answers by route; `unmatched` is no route at all.", ["method", "route", "status"]
)
HTTP_KILLED = Counter("http_requests_killed", "Answers that said `KILL_SWITCH`: a 503 that somebody meant.")
HTTP_SECONDS = Histogram(
    "http_request_seconds", "From the request's head to the answer's end.", ["route"], buckets=_QUICK
)
HTTP_LOOP_HOLD = Histogram(
    "http_loop_hold_seconds",
    "CPU of steps of requests that held the event loop for 10 ms or more.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
HTTP_CONNECTIONS = Gauge("http_connections", "Connections that are open.")
HTTP_CONNECTIONS_ENDED = Counter(
    "http_connections_ended",
    "Connections that the server ended: refused, evicted, head, idle, body, linger, stalled, malformed.",
    ["reason"],
)
RATE_UNCOUNTED = Counter("rate_limit_uncounted", "Requests that passed uncounted, since Redis was away.")

# Events
EVENTS = Counter(
    "events",
    "Events of apps: accepted, duplicate, rejected, which can't be kept, or refused, since too many waited.",
    ["outcome"],
)
EVENTS_BY_OUTCOME = {
    outcome: EVENTS.labels(outcome) for outcome in ("accepted", "duplicate", "rejected", "refused")
}
EVENT_REQUESTS_CLOSED = Counter(
    "event_requests_closed", "Requests with events that were refused since a database's disk is nearly full."
)
EVENT_COMMIT = Histogram("event_commit_seconds", "One commit of events of many requests.", buckets=_QUICK)
CONVERSIONS = Counter(
    "conversions",
    "Conversions by their end, or `waiting`: put back after a call that took none, or may have.",
    ["destination", "outcome"],
)

# Disks of the databases
DISK_USED = Gauge(
    "database_disk_used_ratio",
    "Part of a database's disk that PostgreSQL has taken, by the setting that says its size.",
    ["disk"],
)
INTAKE_CLOSED = Gauge(
    "intake_closed", "1 while `events` or `uploads` are refused for a full disk.", ["intake"]
)

# Webhooks
WEBHOOK_DELIVERIES = Counter(
    "webhook_deliveries",
    "Tries of deliveries: delivered, waiting (tried again later), failed (the last one), abandoned.",
    ["outcome"],
)
WEBHOOK_BACKLOG_AGE = Gauge(
    "webhook_backlog_age_seconds",
    "How long the longest of the deliveries that are due waits; 0 but in the dispatcher that leads.",
)

# Courier
COURIER_SENDS = Counter(
    "courier_sends", "Wake-ups: sent, duplicate (one waits already), failed, skipped.", ["pool", "outcome"]
)

# Workers
JOBS_CLAIMED = Counter("jobs_claimed", "Jobs that a worker took.", ["kind"])
JOBS_SETTLED = Counter(
    "jobs_settled", "Attempts by how they ended; `lost`: the job was another's by then.", ["kind", "outcome"]
)
JOB_RUN = Histogram("job_run_seconds", "Handler time of one attempt.", ["kind"], buckets=_LONG)
PULL = Histogram("pull_seconds", "One pull of jobs from the ledger.", buckets=_QUICK)
SETTLE = Histogram("settle_seconds", "One settlement of many jobs.", buckets=_QUICK)
SLOTS_FREE = Gauge("worker_slots_free", "Slots without a job.")
LEASE_AGE = Gauge("worker_lease_age_seconds", "Since the lease was last renewed.")
LOOP_LAG = Gauge("loop_lag_seconds", "How late the event loop ran its last timer.")
LISTENER_STARTS = Counter("worker_listener_starts", "Times that the listening to Redis was set up anew.")
MODEL_ANSWERS = Counter(
    "model_answers",
    "Questions to the language model: `ok`, `nothing` that could be kept, or the warning's word.",
    ["outcome"],
)
UPSTREAM_REFUSALS = Counter(
    "upstream_refusals", "Requests that an upstream with a rate limit refused as too many.", ["upstream"]
)
SUBTITLES = Counter(
    "appstore_subtitles", "App Store pages: `read`, or `missing` a subtitle that we can find.", ["outcome"]
)
POSTS = Counter(
    "posts",
    "Attempts to send a post: published, failed, outcome_unknown, canceled, or a word for another try.",
    ["platform", "outcome"],
)
POST_SEND = Histogram(
    "post_send_seconds", "The irreversible call to a platform.", ["platform"], buckets=_LONG
)
POST_LATE = Histogram(
    "post_late_seconds", "From a post's time to its first irreversible call.", ["platform"], buckets=_LONG
)
VISITS = Counter(
    "collect_visits",
    "Times that a platform was asked for an account's figures: `read`, or `failed` before the end.",
    ["platform", "outcome"],
)

# Dispatcher
DISPATCHER_LEADS = Gauge("dispatcher_leads", "1 in the dispatcher that works, 0 in those that stand by.")
CHORE = Histogram("dispatcher_chore_seconds", "One batch of a chore.", ["chore"], buckets=_QUICK)
CHORE_ROWS = Counter("dispatcher_chore_rows", "Rows that a chore moved.", ["chore"])
POOL_QUEUED = Gauge("pool_queued", "Jobs of a pool that are due and wait; of the leader alone.", ["pool"])
POOL_OLDEST = Gauge("pool_oldest_due_seconds", "For how long the oldest of them has waited.", ["pool"])
POOL_RUNNING = Gauge("pool_running", "Jobs of a pool that run.", ["pool"])
POOL_CAPACITY = Gauge("pool_capacity", "Slots of a pool's live workers.", ["pool"])
POOL_WANTED = Gauge("pool_desired_workers", "Workers that the work of a pool asks for.", ["pool"])
POOL_PAUSED = Gauge("pool_paused", "1 while a pool is paused.", ["pool"])
