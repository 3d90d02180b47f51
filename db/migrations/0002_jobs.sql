-- The job ledger: pools with their caps, workers with their leases, jobs with their attempts and steps.

create table pool (
    name           text primary key,
    paused         boolean not null default false,
    -- The tenant of the last pull; the next pull starts after it.
    rotor          uuid not null default '00000000-0000-0000-0000-000000000000',
    rotor_internal boolean not null default false,
    -- No running attempt of the pool began before this time, and none will, for any clock.
    busy_since     timestamptz not null default '-infinity',
    -- No skip range of `line_rest` is valid after this time.
    rest_until     timestamptz not null default '-infinity',
    -- The last pull did not reach all lines.
    crowded        boolean not null default false
) with (fillfactor = 20);

insert into pool (name) values ('ingest'), ('publish'), ('generate'), ('deliver'), ('default'), ('metrics');

-- A tier without a row has no cap in that pool.
create table pool_cap (
    tier        text not null,
    pool        text not null references pool (name),
    max_running integer not null check (max_running >= 0),
    max_queued  integer not null check (max_queued > 0),
    primary key (tier, pool)
);

insert into pool_cap (tier, pool, max_running, max_queued)
select tier, pool, running, queued
  from (values ('sandbox', 5, 1000), ('standard', 5, 1000), ('pilot', 20, 10000), ('partner', 100, 50000)) t (tier, running, queued),
       (values ('ingest'), ('publish'), ('generate'), ('metrics')) p (pool);

-- A suspended organization runs nothing in any pool but `default`, where a requested archive still ends. `register_worker`
-- adds such a row for a new pool.
insert into pool_cap (tier, pool, max_running, max_queued)
select 'suspended', pool, 0, max(max_queued)
  from pool_cap
 group by pool;
insert into pool_cap (tier, pool, max_running, max_queued) values ('suspended', 'deliver', 0, 2147483647);

-- One row for each process and boot; its lease is the lease of all its jobs.
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

-- A job changes its state three times or more, and no such change is HOT: each full index costs every change an entry, and
-- each foreign key costs the insert a locked row. So the primary key leads with the tenant and also serves its list. `pool`
-- and `lease_owner` have no foreign key: a pool's first worker makes its row, and an owner without a row is a lost worker.
create table job (
    organization_id     uuid not null references organization (id),
    project_id          uuid,
    id                  uuid not null,
    kind                text not null,
    pool                text not null,
    internal            boolean not null default false,
    state               text not null default 'queued'
                        check (state in ('queued', 'running', 'completed', 'failed', 'canceled')),
    -- `scheduled` keeps a queued row out of its line until it is due.
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
    -- Fencing token: grows with each pull, and each write of an attempt carries its own.
    fence               bigint not null default 0,
    lease_owner         uuid,
    progress            real not null default 0 check (progress between 0 and 1),
    result              jsonb,
    error               jsonb,
    run_at              timestamptz not null,
    deadline_at         timestamptz not null,
    attempt_started_at  timestamptz,
    attempt_deadline_at timestamptz,
    created_at          timestamptz not null default now(),
    started_at          timestamptz,
    finished_at         timestamptz,
    -- The length of the line when this job joined it. Only some jobs have it, until their first pull (`measure_line`).
    line_length         integer,
    -- The job joined an empty line. Reset by its pull.
    newcomer            boolean not null default false,
    -- The newest retry of this job. A retry of many skips jobs with one. It is set after the job's end, so no index pays for it.
    retried_as          uuid,
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    check ((finished_at is not null) = (state in ('completed', 'failed', 'canceled'))),
    check ((lease_owner is not null) = (state = 'running')),
    check ((attempt_started_at is not null) = (state = 'running')),
    check ((attempt_deadline_at is not null) = (state = 'running')),
    check ((error is not null) = (state = 'failed')),
    check (result is null or state = 'completed'),
    check (stage <> 'scheduled' or state = 'queued'),
    -- A job with a requested cancel does not return to its line.
    check (cancel_requested_at is null or state <> 'queued')
) with (fillfactor = 70);

-- In the order of their creation by earlier releases: of two equally cheap plans PostgreSQL takes the older index's.
create index job_project   on job (organization_id, project_id, id) where project_id is not null;
-- A line: the due jobs of one tenant in a pool; internal jobs are a line of their own.
create index job_due       on job (pool, organization_id, internal, run_at, id) include (kind, deadline_at)
    where state = 'queued' and stage <> 'scheduled';
-- The conditions of the next five use columns that the checks above tie to a state. So no statement about lines or running
-- jobs can use the wrong index, even if it was planned before the table had rows. Likewise a statement for a job by its key
-- writes "running" as `attempt_started_at is not null`, which no index has.
create index job_scheduled on job (run_at) where stage = 'scheduled';
create index job_owner     on job (lease_owner) where lease_owner is not null;
create index job_deadline  on job (deadline_at) where finished_at is null and lease_owner is null;
create index job_ended     on job (pool, finished_at) where finished_at is not null;
create unique index job_unique on job (organization_id, unique_key) where unique_key is not null and finished_at is null;
-- A partner's lists of open jobs, of unsuccessful ones, and of ended ones of a kind. Most jobs complete: they cost one entry
-- at their end. A list of completed jobs needs no index, since few rows lie between.
create index job_open         on job (organization_id, id desc) where finished_at is null;
create index job_unsuccessful on job (organization_id, state, id desc) where state in ('failed', 'canceled');
create index job_kind         on job (organization_id, kind, id desc) where finished_at is not null;
create index job_measured  on job (pool, organization_id, run_at, id)
    where line_length is not null and fence = 0 and state = 'queued' and stage <> 'scheduled' and not internal;
create index job_busy      on job (pool, organization_id, internal, attempt_started_at) where state = 'running';
create index job_newcomer  on job (pool, run_at desc) where newcomer and state = 'queued' and stage <> 'scheduled';
-- Ended jobs of frequent kinds, for their deletion after an hour. Earlier releases use the first index.
create index job_passing on job (finished_at)
    where kind in ('collect_metrics', 'relay_conversions') and finished_at is not null;
create index job_passed on job (finished_at)
    where kind in ('collect_metrics', 'relay_conversions', 'deliver_webhook') and finished_at is not null;
-- Jobs that wait for a time, by phase: a tenant may have many, and no cap limits them. Only such jobs cost an entry.
create index job_put_off on job (organization_id, (started_at is null), id desc) where stage = 'scheduled' and not internal;

-- A partner's view of their jobs: `queued` is a stage of `running`, and internal kinds are hidden.
create view partner_job as
select organization_id, project_id, id, kind,
       case when finished_at is null then 'running' else state end as status, stage, state_version as version, progress,
       attempt, max_attempts, cancel_requested_at is not null as cancel_requested, retry_of,
       created_at, finished_at, result, error, state, job_phase(state, stage, started_at) as phase
  from job
 where not internal;

-- The outcome of each attempt. Retention deletes it with its job, so it needs no foreign key.
create table job_attempt (
    organization_id uuid not null,
    job_id          uuid not null,
    fence           bigint not null,
    attempt         integer not null,
    worker_id       uuid,
    started_at      timestamptz not null,
    ended_at        timestamptz not null default now(),
    outcome         text not null
                    check (outcome in ('completed', 'failed', 'retry', 'snoozed', 'canceled', 'interrupted', 'lost')),
    error           jsonb,
    primary key (organization_id, job_id, fence)
);

-- A named step of a task with the result of its first run: it commits once for each job.
create table job_step (
    organization_id uuid not null,
    job_id          uuid not null,
    name            text not null check (length(name) between 1 and 100),
    result          jsonb,
    created_at      timestamptz not null default now(),
    primary key (organization_id, job_id, name),
    foreign key (organization_id, job_id) references job (organization_id, id) on delete cascade
);

-- Secret inputs of a job, such as codes and passwords. Deleted at the job's end.
create table job_secret (
    organization_id uuid not null,
    job_id          uuid not null,
    sealed          bytea not null,
    vault_key_id    text not null,
    primary key (organization_id, job_id),
    foreign key (organization_id, job_id) references job (organization_id, id) on delete cascade
);

-- Skip ranges of `job_due` without a job that can start: after a line (`after_`), up to a place (`before_`). The jobs in a
-- range belong to tenants at their cap, are overdue, have kinds unknown to the worker (`kinds` is a hash of its kinds), or are
-- dead rows that a snapshot keeps. Only pulls write here, under the lock of their pool. A range expires by itself (`until`):
-- an event that no pull sees costs two seconds, never a job. Examples: the end of a job by a worker that dies, workers of an
-- older release, a retry that becomes due in a range.
create table line_rest (
    pool            text not null,
    kinds           integer not null,
    after_org       uuid not null,
    after_internal  boolean not null,
    before_org      uuid not null,
    before_internal boolean not null,
    before_run_at   timestamptz not null,
    until           timestamptz not null,
    primary key (pool, kinds, after_org, after_internal)
) with (fillfactor = 20);

-- The number of due jobs in a pool with many. The dispatcher counts a part at a time, so that no process reads them all at
-- once. Only the dispatcher writes here.
create table pool_count (
    pool           text primary key,
    -- The last complete count.
    due            bigint not null default 0,
    oldest_run_at  timestamptz,
    counted_at     timestamptz not null default '-infinity',
    -- The running count, and its place in `job_due`; null at its start.
    so_far         bigint not null default 0,
    oldest_so_far  timestamptz,
    after_org      uuid,
    after_internal boolean,
    after_run_at   timestamptz,
    after_id       uuid
) with (fillfactor = 20);
