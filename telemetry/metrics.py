"""All metrics of the product. Labels are few and bounded: never an id of a partner's object."""

from prometheus_client import Counter, Gauge, Histogram

_LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_LONG_HISTOGRAM_BUCKETS_S = (0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600)

# API
HTTP_RESPONSE_COUNTER = Counter(
    "http_requests", "Responses by route; `unmatched` if no route matches.", ["method", "route", "status"]
)
HTTP_KILL_SWITCH_RESPONSE_COUNTER = Counter(
    "http_requests_killed", "Responses `KILL_SWITCH`: a deliberate 503 by an operator."
)
HTTP_REQUEST_HISTOGRAM = Histogram(
    "http_request_seconds", "From the request's head to the response's end.", ["route"], buckets=_LATENCY_BUCKETS_S
)
HTTP_LOOP_HOLD_SECONDS_HISTOGRAM = Histogram(
    "http_loop_hold_seconds",
    "CPU of request steps that held the event loop for 10 ms or more.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
OPEN_HTTP_CONNECTION_GAUGE = Gauge("http_connections", "Open connections.")
SERVER_CLOSED_HTTP_CONNECTION_COUNTER = Counter(
    "http_connections_ended",
    "Connections closed by the server: refused, evicted, head, idle, body, linger, stalled, malformed.",
    ["reason"],
)
REQUEST_NOT_RATE_LIMITED_COUNTER = Counter(
    "rate_limit_uncounted", "Requests that passed uncounted while Redis was away."
)

# Events
SDK_EVENT_COUNTER = Counter(
    "events", "Events of apps: accepted, duplicate, rejected (invalid), or refused (buffer full).", ["outcome"]
)
SDK_EVENT_COUNTERS_BY_OUTCOME = {
    outcome: SDK_EVENT_COUNTER.labels(outcome) for outcome in ("accepted", "duplicate", "rejected", "refused")
}
DISK_REFUSED_EVENT_REQUEST_COUNTER = Counter(
    "event_requests_closed", "Event requests refused because a database's disk is nearly full."
)
EVENT_COMMIT_SECONDS_HISTOGRAM = Histogram(
    "event_commit_seconds", "One commit of the events of many requests.", buckets=_LATENCY_BUCKETS_S
)
EVENT_FOLD_LAG_SECONDS_GAUGE = Gauge(
    "event_fold_lag_seconds", "Wait of the oldest event that isn't counted; 0 except in the leading dispatcher."
)
CONVERSION_OUTCOME_COUNTER = Counter(
    "conversions",
    "Conversions by outcome; `waiting`: put back after a failed or unconfirmed call.",
    ["destination", "outcome"],
)

# Disks of the databases
DATABASE_DISK_USED_RATIO_GAUGE = Gauge(
    "database_disk_used_ratio", "Used share of a database's disk, whose size is a setting.", ["disk"]
)
INTAKE_CLOSED_GAUGE = Gauge("intake_closed", "1 while `events` or `uploads` are refused for a full disk.", ["intake"])

# Webhooks
WEBHOOK_DELIVERY_COUNTER = Counter(
    "webhook_deliveries",
    "Delivery attempts: delivered, waiting (retried later), failed (last attempt), abandoned.",
    ["outcome"],
)
WEBHOOK_BACKLOG_AGE_SECONDS_GAUGE = Gauge(
    "webhook_backlog_age_seconds", "Wait of the oldest due delivery; 0 except in the leading dispatcher."
)

# Courier
WAKE_UP_SEND_COUNTER = Counter(
    "courier_sends", "Wake-ups: sent, duplicate (one is pending), failed, skipped.", ["pool", "outcome"]
)

# Workers
CLAIMED_JOB_COUNTER = Counter("jobs_claimed", "Jobs claimed by workers.", ["kind"])
SETTLED_JOB_ATTEMPT_COUNTER = Counter(
    "jobs_settled", "Attempts by outcome; `lost`: another attempt owned the job by then.", ["kind", "outcome"]
)
JOB_ATTEMPT_SECONDS_HISTOGRAM = Histogram(
    "job_run_seconds", "Handler time of an attempt.", ["kind"], buckets=_LONG_HISTOGRAM_BUCKETS_S
)
JOB_PULL_HISTOGRAM = Histogram("pull_seconds", "One pull of jobs from the ledger.", buckets=_LATENCY_BUCKETS_S)
JOB_SETTLE_HISTOGRAM = Histogram("settle_seconds", "One settlement of many jobs.", buckets=_LATENCY_BUCKETS_S)
WORKER_FREE_SLOT_GAUGE = Gauge("worker_slots_free", "Slots without a job.")
WORKER_LEASE_AGE_SECONDS_GAUGE = Gauge("worker_lease_age_seconds", "Time since the last renewal of the lease.")
LOOP_LAG_SECONDS_GAUGE = Gauge("loop_lag_seconds", "Delay of the event loop's last timer.")
REDIS_LISTENER_RESTART_COUNTER = Counter("worker_listener_starts", "Restarts of the Redis listener.")
LANGUAGE_MODEL_ANSWER_COUNTER = Counter(
    "model_answers", "Language model requests: `ok`, `nothing` (no usable output), or a warning's code.", ["outcome"]
)
UPSTREAM_RATE_LIMIT_COUNTER = Counter(
    "upstream_refusals", "Requests refused by an upstream's rate limit.", ["upstream"]
)
APPSTORE_SUBTITLE_READ_COUNTER = Counter(
    "appstore_subtitles", "App Store pages: `read`, or `missing` if no subtitle is found.", ["outcome"]
)
PAGE_DRAWING_COUNTER = Counter(
    "page_drawings",
    "Pages drawn by Chromium: `drawn`, or an early end's cause: cpu, memory, time, requests, crash, busy.",
    ["outcome"],
)
PAGE_DRAWING_CPU_SECONDS_HISTOGRAM = Histogram(
    "page_drawing_cpu_seconds", "CPU of a drawing's processes.", buckets=(0.25, 0.5, 1, 2, 3, 5, 7.5, 10)
)
POST_ATTEMPT_COUNTER = Counter(
    "posts",
    "Attempts to send a post: published, failed, outcome_unknown, canceled, or a retry's code.",
    ["platform", "outcome"],
)
POST_SEND_SECONDS_HISTOGRAM = Histogram(
    "post_send_seconds",
    "Duration of the irreversible call to a platform.",
    ["platform"],
    buckets=_LONG_HISTOGRAM_BUCKETS_S,
)
POST_DELAY_SECONDS_HISTOGRAM = Histogram(
    "post_late_seconds",
    "Delay from a post's scheduled time to its first irreversible call.",
    ["platform"],
    buckets=_LONG_HISTOGRAM_BUCKETS_S,
)
METRIC_COLLECTION_RUN_COUNTER = Counter(
    "collect_visits",
    "Collection runs of an account's figures: `read`, or `failed` before the end.",
    ["platform", "outcome"],
)

# Dispatcher
DISPATCHER_LEADER_GAUGE = Gauge("dispatcher_leads", "1 in the leading dispatcher, 0 in standbys.")
CHORE_BATCH_SECONDS_HISTOGRAM = Histogram(
    "dispatcher_chore_seconds", "One batch of a chore.", ["chore"], buckets=_LATENCY_BUCKETS_S
)
CHORE_ROW_COUNTER = Counter("dispatcher_chore_rows", "Rows changed by a chore.", ["chore"])
POOL_QUEUED_JOB_GAUGE = Gauge("pool_queued", "Due jobs waiting in a pool; set by the leader only.", ["pool"])
POOL_OLDEST_DUE_SECONDS_GAUGE = Gauge("pool_oldest_due_seconds", "Wait of a pool's oldest due job.", ["pool"])
POOL_RUNNING_JOB_GAUGE = Gauge("pool_running", "Running jobs of a pool.", ["pool"])
POOL_WORKER_SLOT_GAUGE = Gauge("pool_capacity", "Slots of a pool's live workers.", ["pool"])
POOL_DESIRED_WORKER_GAUGE = Gauge("pool_desired_workers", "Workers that a pool's load needs.", ["pool"])
POOL_PAUSED_GAUGE = Gauge("pool_paused", "1 while a pool is paused.", ["pool"])
