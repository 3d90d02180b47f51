-- The job ledger: pools, their caps, the workers that hold leases, jobs and their attempts.

create table pool (
    name           text primary key,
    paused         boolean not null default false,
    -- The line that a pull served last; the next pull starts behind it.
    rotor          uuid not null default '00000000-0000-0000-0000-000000000000',
    rotor_internal boolean not null default false
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

-- One row for each process and boot; its lease is the lease of every job that it runs.
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

-- A job changes state three times or more, and no such change is HOT: each full index costs each of
-- them an entry, each foreign key costs the insert a locked row. So the key leads with the tenant and
-- serves its list too, and pool and lease_owner name their rows without a key (a pool's row is made by
-- its first worker; an owner without a row is a lost one).
create table job (
    organization_id     uuid not null references organization (id),
    project_id          uuid,
    id                  uuid not null,
    kind                text not null,
    pool                text not null,
    internal            boolean not null default false,
    state               text not null default 'queued' check (state in ('queued', 'running', 'completed', 'failed', 'canceled')),
    -- `scheduled` keeps a queued row out of the line until it is ripe.
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
    -- Grows with each pull; what an attempt writes carries its own.
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
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    check ((finished_at is not null) = (state in ('completed', 'failed', 'canceled'))),
    check ((lease_owner is not null) = (state = 'running')),
    check ((attempt_started_at is not null) = (state = 'running')),
    check ((attempt_deadline_at is not null) = (state = 'running')),
    check ((error is not null) = (state = 'failed')),
    check (result is null or state = 'completed'),
    check (stage <> 'scheduled' or state = 'queued'),
    -- A job that was asked to cancel doesn't go back into its line.
    check (cancel_requested_at is null or state <> 'queued')
) with (fillfactor = 70);

create index job_project   on job (organization_id, project_id, id) where project_id is not null;
-- A line: what one tenant has due in a pool, partners' kinds and internal ones apart.
create index job_due       on job (pool, organization_id, internal, run_at, id) include (kind, deadline_at)
    where state = 'queued' and stage <> 'scheduled';
create index job_running   on job (pool, organization_id, internal) where state = 'running';
-- The rest name states by what the checks above tie to them, so that no statement about lines or running
-- jobs can take the wrong index, not even one that was planned before the table had rows. Likewise a
-- statement that names a job by its key says "running" as `attempt_started_at is not null`, which is no index's.
create index job_scheduled on job (run_at) where stage = 'scheduled';
create index job_owner     on job (lease_owner) where lease_owner is not null;
create index job_deadline  on job (deadline_at) where finished_at is null and lease_owner is null;
create index job_ended     on job (pool, finished_at) where finished_at is not null;
create unique index job_unique on job (organization_id, unique_key)
    where unique_key is not null and finished_at is null;

-- What partners see of their jobs (api.md 8): `queued` is a stage of `running`, internal kinds don't exist.
create view partner_job as
select organization_id, project_id, id, kind,
       case when finished_at is null then 'running' else state end as status, stage, state_version as version, progress,
       attempt, max_attempts, cancel_requested_at is not null as cancel_requested, retry_of,
       created_at, finished_at, result, error
  from job where not internal;

-- What became of each attempt. Goes with its job (retention), so it needs no key to it.
create table job_attempt (
    organization_id uuid not null,
    job_id          uuid not null,
    fence           bigint not null,
    attempt         integer not null,
    worker_id       uuid,
    started_at      timestamptz not null,
    ended_at        timestamptz not null default now(),
    outcome         text not null check (outcome in ('completed', 'failed', 'retry', 'snoozed', 'canceled', 'interrupted', 'lost')),
    error           jsonb,
    primary key (organization_id, job_id, fence)
);

-- The two statements that carry the load are functions, for the settings of their plans. Planned once a
-- session: a custom plan of the pull costs more than the pull. Never by a scan of the table nor by a join
-- that reads it whole: such a plan, made while the table was small, would be kept while it grows.

-- Up to `free` due jobs for one worker, in fair order. Lock and pull are two statements, since a
-- snapshot is older than any lock that its statement takes; one function, so that both are one round trip.
-- A line is a tenant's due jobs in the pool, its internal ones apart: those have no cap and count in none.
-- A job's rank is its line's running jobs plus its place in the line; the lowest ranks go first, equal ones
-- in the rotor's order. The walk visits lines behind the rotor until 32 (or `free`) had room, and each line
-- is read no deeper than the level that would fill all slots, so the cost depends on neither how many
-- tenants wait nor how much; only if some lines are too short for that are the others read on.
-- `offset 0` keeps the planner from copying a lateral into each place that reads it.
create function pull_jobs(pool_name text, owner uuid, free integer, kinds text[], timeouts_s double precision[])
returns table (organization_id uuid, project_id uuid, id uuid, kind text, fence bigint, attempt integer, max_attempts integer,
               args jsonb, attempt_deadline_at timestamptz)
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    moment timestamptz;
begin
    if free < 1 then
        return;
    end if;
    perform pg_advisory_xact_lock(72, hashtext(pool_name));
    moment := clock_timestamp();
    return query
    with recursive
    seat as materialized (
        select p.rotor, p.rotor_internal from pool p, worker w
         where p.name = pool_name and not p.paused and w.id = owner and w.lease_expires_at > moment),
    walk as (
        select s.rotor as org, s.rotor_internal as internal, false as wrapped, 0 as turn, 0 as seen, 0 as room, 0 as running
          from seat s
        union all
        select coalesce(head.org, '00000000-0000-0000-0000-000000000000'), coalesce(head.internal, false),
               w.wrapped or head.org is null, w.turn + 1, w.seen + (line.room > 0)::int, line.room, busy.running
          from walk w
          left join lateral (
            select j.organization_id as org, j.internal, j.run_at, j.deadline_at, j.kind from job j
             where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
               and (j.organization_id, j.internal) > (w.org, w.internal)
             order by j.organization_id, j.internal, j.run_at, j.id limit 1) head on true
         cross join lateral (
            select count(*)::int as running from job j
             where j.pool = pool_name and j.state = 'running' and j.organization_id = head.org and j.internal = head.internal
            offset 0) busy
         cross join lateral (
            select case when head.run_at <= moment
                         and (head.deadline_at > moment and head.kind = any (kinds)
                              or exists (select from job j
                                          where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
                                            and j.organization_id = head.org and j.internal = head.internal
                                            and j.run_at <= moment and j.deadline_at > moment and j.kind = any (kinds)))
                        then least(free, coalesce((select c.max_running from organization o
                                                     join pool_cap c on c.tier = o.tier and c.pool = pool_name
                                                    where o.id = head.org and not head.internal) - busy.running, free))
                        else 0 end as room
            offset 0) line
         where w.seen < greatest(free, 32)
           and not (w.wrapped and (head.org is null or (head.org, head.internal) > (select s.rotor, s.rotor_internal from seat s)))),
    level as materialized (
        select ceil(min((free + risen) / lines)) as height
          from (select sum(w.running) over ordered as risen, row_number() over ordered as lines
                  from walk w where w.room > 0 window ordered as (order by w.running, w.turn)) w),
    near as materialized (
        select w.org, w.internal, w.turn, j.id, w.running + row_number() over (partition by w.turn order by j.run_at, j.id) as rank
          from walk w
         cross join lateral (
            select j.id, j.run_at from job j
             where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
               and j.organization_id = w.org and j.internal = w.internal
               and j.run_at <= moment and j.deadline_at > moment and j.kind = any (kinds)
             order by j.run_at, j.id limit least(w.room, (select l.height from level l) - w.running)) j
         where w.room > 0 and w.running < (select l.height from level l)),
    far as (
        select w.org, w.internal, w.turn, j.id,
               greatest(w.running, l.height) + row_number() over (partition by w.turn order by j.run_at, j.id) as rank
          from walk w cross join level l
         cross join lateral (
            select j.id, j.run_at from job j
             where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
               and j.organization_id = w.org and j.internal = w.internal
               and j.run_at <= moment and j.deadline_at > moment and j.kind = any (kinds)
             order by j.run_at, j.id
            offset greatest(0, l.height - w.running) limit w.room - greatest(0, l.height - w.running)) j
         where w.room > greatest(0, l.height - w.running) and (select count(*) from near) < free),
    chosen as materialized (
        select * from (select * from near union all select * from far) line order by rank, turn limit free),
    held as materialized (
        select j.organization_id, j.id, j.state = 'queued' and j.stage <> 'scheduled' and j.run_at <= moment and j.deadline_at > moment as due
          from chosen c join job j on j.organization_id = c.org and j.id = c.id
           for no key update of j skip locked),
    turned as (
        update pool p set rotor = c.org, rotor_internal = c.internal
          from (select * from chosen order by turn desc limit 1) c where p.name = pool_name)
    update job j
       set state = 'running', stage = 'starting', state_version = j.state_version + 1,
           lease_owner = owner, fence = j.fence + 1, attempt = j.attempt + 1,
           started_at = coalesce(j.started_at, moment), attempt_started_at = moment,
           attempt_deadline_at = moment + timeouts_s[array_position(kinds, j.kind)] * interval '1 second'
      from held h where h.due and j.organization_id = h.organization_id and j.id = h.id
    returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.attempt, j.max_attempts, j.args, j.attempt_deadline_at;
end $$;

-- What many attempts came to, each element of the arrays being one; a row for each that was not fenced.
-- An accepted cancel ends a job as canceled whatever its attempt says; a snooze and an interruption give
-- the attempt back; what can't run again before its deadline fails.
create function settle_jobs(orgs uuid[], ids uuid[], fences bigint[], outcomes text[], results jsonb[], errors jsonb[],
                            afters_s double precision[], scheduled_after_s double precision, overdue jsonb)
returns table (organization_id uuid, project_id uuid, id uuid, kind text, fence bigint, state text, error jsonb)
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    return query
    with told as (
        select t.*, now() + t.after_s * interval '1 second' as next_at
          from unnest(orgs, ids, fences, outcomes, results, errors, afters_s) as t (org, id, fence, outcome, result, error, after_s)
         order by t.org, t.id),
    mine as materialized (
        select j.*, t.outcome, t.result, t.error, t.next_at,
               case when j.cancel then 'canceled'
                    when t.outcome in ('completed', 'failed', 'canceled') then t.outcome
                    when t.outcome = 'retry' and j.attempt >= j.max_attempts then 'failed'
                    when t.next_at >= j.deadline_at then 'overdue'
                    when t.after_s > scheduled_after_s then 'scheduled'
                    else 'queued' end as stage
          from told t
         cross join lateral (
            select j.organization_id, j.id, j.fence, j.attempt, j.max_attempts, j.lease_owner, j.attempt_started_at, j.deadline_at,
                   j.cancel_requested_at is not null as cancel
              from job j where j.organization_id = t.org and j.id = t.id and j.fence = t.fence and j.attempt_started_at is not null
               for no key update) j),
    judged as (
        select m.*, case m.stage when 'scheduled' then 'queued' when 'overdue' then 'failed' else m.stage end as state from mine m),
    history as (
        insert into job_attempt (organization_id, job_id, fence, attempt, worker_id, started_at, outcome, error)
        select m.organization_id, m.id, m.fence, m.attempt, m.lease_owner, m.attempt_started_at,
               case when m.stage in ('completed', 'failed', 'canceled') then m.stage else m.outcome end, m.error
          from judged m)
    update job j
       set state = m.state, stage = case m.stage when 'overdue' then 'failed' else m.stage end,
           state_version = j.state_version + 1,
           progress = case m.state when 'completed' then 1 else j.progress end,
           result = case m.state when 'completed' then m.result end,
           error = case m.stage when 'failed' then m.error when 'overdue' then overdue end,
           run_at = case m.state when 'queued' then m.next_at else j.run_at end,
           attempt = j.attempt - (m.outcome in ('snoozed', 'interrupted'))::int,
           finished_at = case when m.state <> 'queued' then now() end,
           lease_owner = null, attempt_started_at = null, attempt_deadline_at = null
      from judged m where j.organization_id = m.organization_id and j.id = m.id
    returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.state, j.error;
end $$;
