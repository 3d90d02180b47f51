-- Who calls (organizations and their keys), what they own (projects), and the receipts of their writes.

create table organization (
    id                   uuid primary key,
    name                 text not null check (length(name) between 1 and 128),
    env                  text not null check (env in ('live', 'test')),
    -- A test key belongs to the sandbox, an organization of its own: nothing else sets the two apart.
    live_organization_id uuid unique references organization (id),
    tier                 text not null check (tier in ('standard', 'pilot', 'partner', 'sandbox')),
    created_at           timestamptz not null default now(),
    check ((env = 'test') = (live_organization_id is not null)),
    check ((env = 'test') = (tier = 'sandbox'))
);

create table api_key (
    organization_id uuid not null references organization (id),
    id              uuid not null unique,
    name            text not null check (length(name) between 1 and 128),
    -- The public half of lp_<env>_<key_id>_<secret>.
    key_id          text not null unique check (length(key_id) = 16),
    secret_hash     bytea not null,
    pepper_id       text not null,
    -- What rotation replaced; it opens the door until overlap_until.
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
    organization_id         uuid not null references organization (id),
    id                      uuid not null unique,
    name                    text not null check (length(name) between 1 and 128),
    status                  text not null default 'active' check (status in ('active', 'archived')),
    timezone                text not null,
    primary_language        text not null,
    metadata                jsonb not null default '{}',
    customer_external_id    text generated always as (metadata -> 'partner' ->> 'customerExternalId') stored,
    requires_approval       boolean not null default false,
    first_n_posts_blocked   integer not null default 0 check (first_n_posts_blocked between 0 and 50),
    version                 bigint not null default 1,
    created_at              timestamptz not null default now(),
    updated_at              timestamptz not null default now(),
    archived_at             timestamptz,
    -- The answer of the DELETE that archived it, for a repeat to give again.
    archive_job_id          uuid,
    canceled_scheduled_posts integer,
    in_flight_posts         integer,
    primary key (organization_id, id),
    check ((status = 'archived') = (archived_at is not null))
);
create index project_customer on project (organization_id, customer_external_id, id desc)
    where customer_external_id is not null;

-- Without foreign keys: a receipt lives a day, organizations and keys are never deleted, and the checks would
-- lock both rows in every write of a tenant (a seventh of what a create costs).
create table idempotency_key (
    organization_id uuid not null,
    api_key_id      uuid not null,
    key             text not null check (length(key) between 1 and 255),
    fingerprint     bytea not null,
    -- Null only inside the transaction that is still writing.
    status          smallint,
    location        text,
    body            bytea,
    -- Names the vault key that `body` is sealed with; null for a body that may lie open.
    vault_key_id    text,
    created_at      timestamptz not null default now(),
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
    primary key (organization_id, id)
);
