-- The job ledger: pools, their caps, the workers that hold leases, jobs and their attempts.

create table pool (
    name   text primary key,
    paused boolean not null default false,
    -- The tenant that a pull served last; the next one starts behind it.
    rotor  uuid not null default '00000000-0000-0000-0000-000000000000'
) with (fillfactor = 20);

insert into pool (name) values ('ingest'), ('publish'), ('generate'), ('deliver'), ('default');

-- No row, no cap.
create table pool_cap (
    tier        text not null,
    pool        text not null references pool (name),
    max_running integer not null check (max_running > 0),
    max_queued  integer not null check (max_queued > 0),
    primary key (tier, pool)
);

insert into pool_cap (tier, pool, max_running, max_queued)
select tier, pool, running, queued
  from (values ('sandbox', 5, 1000), ('standard', 5, 1000), ('pilot', 20, 10000), ('partner', 100, 50000)) t (tier, running, queued),
       (values ('ingest'), ('publish'), ('generate')) p (pool);

create table worker (
    id               uuid primary key,
    pool             text not null references pool (name),
    host             text not null,
    pid              integer not null,
    version          text not null,
    slots            integer not null,
    state            text not null default 'active' check (state in ('active', 'draining')),
    lease_expires_at timestamptz not null,
    started_at       timestamptz not null default now()
) with (fillfactor = 50);

create table job (
    organization_id     uuid not null references organization (id),
    project_id          uuid,
    id                  uuid not null primary key,
    kind                text not null,
    pool                text not null references pool (name),
    internal            boolean not null default false,
    state               text not null default 'queued' check (state in ('queued', 'running', 'completed', 'failed', 'canceled')),
    stage               text not null,
    state_version       bigint not null default 1,
    cancelable          boolean not null default true,
    cancel_requested_at timestamptz,
    args                jsonb not null,
    unique_key          text,
    retry_of            uuid,
    attempt             integer not null default 0,
    max_attempts        integer not null,
    crashes             integer not null default 0,
    fence               bigint not null default 0,
    lease_owner         uuid references worker (id),
    progress            real not null default 0 check (progress between 0 and 1),
    result              jsonb,
    error               jsonb,
    run_at              timestamptz not null,
    deadline_at         timestamptz not null,
    attempt_deadline_at timestamptz,
    created_at          timestamptz not null default now(),
    started_at          timestamptz,
    finished_at         timestamptz,
    foreign key (organization_id, project_id) references project (organization_id, id),
    check ((finished_at is not null) = (state in ('completed', 'failed', 'canceled'))),
    check ((lease_owner is not null) = (state = 'running'))
) with (fillfactor = 70);

create index job_list      on job (organization_id, id desc);
create index job_project   on job (organization_id, project_id, id desc);
create index job_due       on job (pool, organization_id, run_at, id) include (kind) where state = 'queued' and stage <> 'scheduled';
create index job_due_any   on job (pool, run_at) where state = 'queued' and stage <> 'scheduled';
create index job_scheduled on job (run_at) where state = 'queued' and stage = 'scheduled';
create index job_running   on job (pool, organization_id) where state = 'running';
create index job_owner     on job (lease_owner) where state = 'running';
create index job_deadline  on job (deadline_at) where state = 'queued';
create index job_ended     on job (finished_at) where finished_at is not null;
create index job_retry     on job (retry_of) where retry_of is not null;
create unique index job_unique on job (organization_id, unique_key) where unique_key is not null and state in ('queued', 'running');

create table job_attempt (
    job_id     uuid not null references job (id) on delete cascade,
    fence      bigint not null,
    attempt    integer not null,
    worker_id  uuid,
    started_at timestamptz not null,
    ended_at   timestamptz not null default now(),
    outcome    text not null check (outcome in ('completed', 'failed', 'retry', 'snoozed', 'canceled', 'interrupted', 'lost')),
    error      jsonb,
    primary key (job_id, fence)
);
