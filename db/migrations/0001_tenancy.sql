-- Organizations with their API keys, projects, and the records of their writes.

create table organization (
    id                   uuid primary key,
    name                 text not null check (length(name) between 1 and 128),
    env                  text not null check (env in ('live', 'test')),
    -- A sandbox is an organization of its own, and the organization of all test keys.
    live_organization_id uuid unique references organization (id),
    tier                 text not null check (tier in ('standard', 'pilot', 'partner', 'sandbox', 'suspended')),
    created_at           timestamptz not null default now(),
    -- The tier after a suspension. `suspended` is a tier that may run nothing in a pool with caps, so pull and submit need
    -- no other check. No key of a suspended organization or of its sandbox is accepted.
    resumes_as           text check (resumes_as in ('standard', 'pilot', 'partner', 'sandbox')),
    check ((env = 'test') = (live_organization_id is not null)),
    constraint organization_sandbox check ((env = 'test') = (coalesce(resumes_as, tier) = 'sandbox')),
    constraint organization_suspended check ((tier = 'suspended') = (resumes_as is not null))
);

create table api_key (
    organization_id uuid not null references organization (id),
    id              uuid not null unique,
    name            text not null check (length(name) between 1 and 128),
    -- The public half of lp_<env>_<key_id>_<secret>.
    key_id          text not null unique check (length(key_id) = 16),
    secret_hash     bytea not null,
    pepper_id       text not null,
    -- The secret before the last rotation, valid until overlap_until.
    old_secret_hash bytea,
    old_pepper_id   text,
    overlap_until   timestamptz,
    scopes          text[] not null,
    return_origins  text[] not null default '{}',
    expires_at      timestamptz,
    killed_at       timestamptz,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id)
);

create table project (
    organization_id          uuid not null references organization (id),
    id                       uuid not null unique,
    name                     text not null check (length(name) between 1 and 128),
    status                   text not null default 'active' check (status in ('active', 'archived')),
    timezone                 text not null,
    primary_language         text not null,
    metadata                 jsonb not null default '{}',
    customer_external_id     text generated always as (metadata -> 'partner' ->> 'customerExternalId') stored,
    requires_approval        boolean not null default false,
    first_n_posts_blocked    integer not null default 0 check (first_n_posts_blocked between 0 and 50),
    version                  bigint not null default 1,
    created_at               timestamptz not null default now(),
    updated_at               timestamptz not null default now(),
    archived_at              timestamptz,
    -- The response of the DELETE that archived the project; a repeated DELETE returns it again.
    archive_job_id           uuid,
    canceled_scheduled_posts integer,
    in_flight_posts          integer,
    -- Start of the purge. From then on the project is not found, and nothing is written in it.
    purging_at               timestamptz,
    primary key (organization_id, id),
    check ((status = 'archived') = (archived_at is not null)),
    constraint project_purging check (purging_at is null or status = 'archived')
);
create index project_customer on project (organization_id, customer_external_id, id desc)
    where customer_external_id is not null;
create index project_status on project (organization_id, status, id);

-- Both extensions come with PostgreSQL, and the owner of a database may create them.
create extension if not exists pg_trgm;
create extension if not exists btree_gin;
-- Trigrams of one tenant's project names. The tenant is text, so that no other index serves a search by both: a plan made
-- while the table was small would keep the primary key, and read all projects of the tenant. The pending list has 512 kB at
-- most, so that no insert has to merge many entries.
create index project_name on project using gin ((organization_id::text), name gin_trgm_ops)
    with (fastupdate = on, gin_pending_list_limit = 512);

-- Without foreign keys: a row lives a day, organizations and keys are never deleted, and the checks would lock both rows in
-- every write of a tenant (a seventh of the cost of a create).
create table idempotency_key (
    organization_id uuid not null,
    api_key_id      uuid not null,
    key             text not null check (length(key) between 1 and 255),
    fingerprint     bytea not null,
    -- Null only inside the transaction that is still writing.
    status          smallint,
    location        text,
    body            bytea,
    -- The vault key that seals `body`; null for an unsealed body.
    vault_key_id    text,
    created_at      timestamptz not null default now(),
    -- Of the response; null for a response without a version.
    etag            text,
    primary key (organization_id, api_key_id, key)
);
create index idempotency_key_age on idempotency_key (created_at);

create table audit_log (
    organization_id uuid not null references organization (id),
    id              uuid not null,
    api_key_id      uuid,
    action          text not null,
    subject         text not null,
    details         jsonb not null default '{}',
    created_at      timestamptz not null default now(),
    project_id      uuid,
    primary key (organization_id, id)
);
create index audit_log_action  on audit_log (organization_id, action, id);
create index audit_log_project on audit_log (organization_id, project_id, id) where project_id is not null;
create index audit_log_key     on audit_log (organization_id, api_key_id, id) where api_key_id is not null;

-- Bytes of media of each live organization with its sandbox: stored files, and reservations of running uploads. The triggers
-- `count_added`, `count_gone` and `count_changed` keep the sum exact under any concurrency: the row is locked from a change
-- to its commit, after every other row.
create table storage_use (
    organization_id uuid primary key references organization (id),
    bytes           bigint not null check (bytes >= 0)
);

-- The clock of each sandbox: its offset from the real time, and the target of a running advance.
create table sandbox_clock (
    organization_id uuid primary key references organization (id),
    ahead           interval not null default '0' check (ahead >= '0' and ahead <= '400 days'),
    -- The sandbox's time at the end of the running advance, and its job; null without one.
    target          timestamptz,
    job_id          uuid,
    -- Posts and jobs that became due in the last advance.
    posts           integer not null default 0,
    jobs            integer not null default 0
);

-- Events of each organization by UTC day, over all its apps and keys, and the bytes of their bodies. Each process of the API
-- adds its commits, a few times a second at most. A sandbox is an organization of its own.
create table intake_day (
    organization_id uuid not null references organization (id),
    day             date not null,
    events          bigint not null,
    bytes           bigint not null,
    primary key (organization_id, day)
) with (fillfactor = 50);
-- The retention chore deletes old days of all organizations.
create index intake_day_by_day on intake_day (day);
