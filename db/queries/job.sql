-- part: head    CTE with the first job of the tenant's queue.
head as materialized (
  select run_at
    from job
   where organization_id = :org
     and pool = :pool
     and internal = :internal
     and state = 'queued'
     and stage <> 'scheduled'
   order by run_at
   limit 1)

-- part: first    Whether no job of the tenant's queue is due.
coalesce((select run_at > now() from head), true)

-- part: submitted    A new job for its caller.
id, created_at, stage, job_phase(state, stage, started_at) as phase, newcomer as send, true as fresh

-- name: submit_job
-- Insert a job. No row: an open job has its unique key, too many of the tenant's jobs are queued, or its id
-- exists. `send` requests a wake; it stays on the row as `newcomer` until the job is pulled.
with {head},
line as materialized (
  -- The tenant's queue, if the job counts in its cap and the queue isn't empty: measuring an empty queue,
  -- which has room, took a fifth of the statement.
  select m.has_room, m.line_length
    from measure_line(:org, :pool, 1) m
   where not :internal
     and coalesce(:run_at::timestamptz <= now(), true)
     and exists (select from head))
insert into job (organization_id, id, project_id, kind, pool, internal, cancelable, max_attempts, retry_of,
                 run_at, deadline_at, stage, args, unique_key, line_length, newcomer)
select :org, :id, :project_id, :kind, :pool, :internal, :cancelable, :max_attempts, :retry_of,
       coalesce(:run_at, now()), coalesce(:run_at, now()) + :total_s * interval '1 second',
       case when :run_at > now() then 'scheduled' else 'queued' end, :args, :unique_key, line.line_length,
       coalesce(:run_at <= now(), true) and {first}
  from (select) one
  left join line on true
 where line.has_room is not false
    on conflict do nothing
returning {submitted};

-- name: submit_jobs
-- Insert many jobs of one kind and project, as submit_job does one by one; all rows or none.
with {head},
new_jobs as materialized (
  -- The jobs in the requested order.
  select t.id, coalesce(t.run_at, now()) as run_at, t.args, t.place
    from rows from (unnest(:ids::uuid[], :run_ats::timestamptz[]), jsonb_array_elements(:args))
         with ordinality as t (id, run_at, args, place)),
due as (
  -- How many of them count in the tenant's cap, and the first one, which alone may need a wake.
  select count(*) as jobs, (array_agg(id order by place))[1] as first_id
    from new_jobs
   where run_at <= now()),
line as materialized (
  -- The tenant's queue, if any of the jobs counts in its cap.
  select m.has_room
    from due, measure_line(:org, :pool, due.jobs) m
   where not :internal
     and due.jobs > 0)
insert into job (organization_id, id, project_id, kind, pool, internal, cancelable, max_attempts,
                 run_at, deadline_at, stage, args, newcomer)
select :org, a.id, :project_id, :kind, :pool, :internal, :cancelable, :max_attempts,
       a.run_at, a.run_at + :total_s * interval '1 second',
       case when a.run_at > now() then 'scheduled' else 'queued' end, a.args,
       a.id is not distinct from (select first_id from due) and {first}
  from new_jobs a
  left join line on true
 where line.has_room is not false
 order by a.place
returning {submitted};

-- part: requests    CTEs with the jobs of many tenants to insert, without those with a key in use.
waits as materialized (
  -- Valid from here to the end of the transaction: one tenant's lock must not delay the jobs of the others.
  select set_config('lock_timeout', :lock_timeout, true)),
requests as materialized (
  -- `turn` in the tenant's queue. One JSON value costs less than an array for each column.
  select t.*, coalesce(t.run_at, now()) as due_at,
         row_number() over (
           partition by org, pool, internal, coalesce(t.run_at <= now(), true)
               order by place) as turn
    from waits
   cross join rows from (
           jsonb_to_recordset(:jobs::jsonb)
           as (org uuid, id uuid, project_id uuid, kind text, pool text, internal boolean, cancelable boolean,
               max_attempts integer, total_s float8, args jsonb, unique_key text, run_at timestamptz,
               retry_of uuid))
         with ordinality as t (
           org, id, project_id, kind, pool, internal, cancelable, max_attempts, total_s, args, unique_key,
           run_at, retry_of, place)
    left join lateral (
           -- An insert would wait for a transaction that ends the key's job.
           select true as is_taken
             from job j
            where j.organization_id = t.org
              and j.unique_key = t.unique_key
              and j.finished_at is null
            limit 1) key on true
   where key.is_taken is null)

-- part: queues    The queue that a request's job joins: its head, and its line if the job counts in a cap.
left join lateral (
         select run_at
           from job
          where organization_id = r.org
            and pool = r.pool
            and internal = r.internal
            and state = 'queued'
            and stage <> 'scheduled'
          order by run_at
          limit 1) head on true
  left join lateral (
         -- As in submit_job, an empty queue isn't measured; without the limit it would be, and then filtered.
         select m.has_room, m.line_length
           from measure_line(r.org, r.pool, r.turn) m
          where not r.internal
            and r.due_at <= now()
            and (head.run_at is not null or r.turn > 1)
          limit 1) line on true

-- part: new_job    Values of a request's job.
r.org, r.id, r.project_id, r.kind, r.pool, r.internal, r.cancelable, r.max_attempts, r.retry_of,
       r.due_at, r.due_at + r.total_s * interval '1 second',
       case when r.due_at > now() then 'scheduled' else 'queued' end, r.args, r.unique_key,
       case when r.turn = 1 then line.line_length end,
       r.due_at <= now() and r.turn = 1 and coalesce(head.run_at > now(), true)

-- name: submit_jobs_of_tenants
-- Insert jobs of many tenants, each as submit_job does. Only submit_job can decide on a job without a row: it
-- is refused, its key is in use, or its id exists.
with {requests}
insert into job (organization_id, id, project_id, kind, pool, internal, cancelable, max_attempts, retry_of,
                 run_at, deadline_at, stage, args, unique_key, line_length, newcomer)
select {new_job}
  from requests r
  {queues}
 where line.has_room is not false
 order by r.org, r.unique_key
    on conflict do nothing
returning {submitted};

-- name: start_ingests
-- Start the ingests of many requests, each with its job and its idempotency record. The request of an ingest
-- without a row must use its own transaction: it is refused, repeated, or blocked by another transaction.
with {requests},
records as materialized (
  -- The requests' answers; `turn` among those of one idempotency key.
  select t.*, row_number() over (partition by api_key_id, key order by place) as key_turn
    from unnest(
           (select :ids::uuid[]), (select :sources::text[]), (select :times::timestamptz[]),
           (select :api_key_ids::uuid[]), (select :keys::text[]), (select :fingerprints::bytea[]),
           (select :statuses::smallint[]), (select :locations::text[]), (select :bodies::bytea[]))
         with ordinality as t (
           id, source, at, api_key_id, key, fingerprint, status, location, body, place)),
startable as materialized (
  -- Requests with a new key, in active projects: the locks of claim_key and share_project, without a wait.
  select a.*, p.org
    from requests r
    join records a on a.id = r.id
   cross join lateral (
           select r.org
             from project
            where organization_id = r.org
              and id = r.project_id
              and status = 'active'
              and pg_try_advisory_xact_lock_shared(74, hashtext(r.project_id::text))
            limit 1
              for share skip locked) p
   where a.key is null
      or (a.key_turn = 1
         and pg_try_advisory_xact_lock(73, hashtext(a.api_key_id || a.key))
         and not exists (
           select
             from idempotency_key k
            where k.organization_id = r.org
              and k.api_key_id = a.api_key_id
              and k.key = a.key))),
new_jobs as (
  insert into job (organization_id, id, project_id, kind, pool, internal, cancelable, max_attempts, retry_of,
                   run_at, deadline_at, stage, args, unique_key, line_length, newcomer, created_at)
  select {new_job}, a.at
    from requests r
    join startable a on a.id = r.id
    {queues}
   where line.has_room is not false
   order by r.org, r.unique_key
      on conflict do nothing
  returning *),
new_records as (
  -- A conflict fails the whole statement: another transaction has used the key since this one began.
  insert into idempotency_key (organization_id, api_key_id, key, fingerprint, status, location, body)
  select a.org, a.api_key_id, a.key, a.fingerprint, a.status, a.location, a.body
    from new_jobs j
    join startable a on a.id = j.id
   where a.key is not null),
ingests as (
  -- A new job replaces that of an ended ingest.
  insert into ingest (organization_id, project_id, source, job_id, status)
  select j.organization_id, j.project_id, a.source, j.id, 'running'
    from new_jobs j
    join startable a on a.id = j.id
   order by j.organization_id, j.project_id, a.source
      on conflict (organization_id, project_id, source) do update
     set job_id = excluded.job_id, status = 'running', error = null, completed_at = null)
select {submitted}
  from new_jobs;

-- name: find_submitted_job    Return the job of this id, else the open job of the unique key.
select {submitted}
  from job
 where organization_id = :org
   and id = :id
 union all
select id, created_at, stage, job_phase(state, stage, started_at) as phase, false as send, false as fresh
  from job
 where organization_id = :org
   and unique_key = :unique_key
   and finished_at is null
   and id <> :id
 order by fresh desc
 limit 1;

-- name: is_open    Return whether a job is open.
select finished_at is null
  from job
 where organization_id = :org
   and id = :id;

-- name: get_error_code    Return the error code of a failed job.
select error->>'code'
  from job
 where organization_id = :org
   and id = :id;

-- name: claim_jobs    Claim due jobs by the SQL function of this name (db/functions).
select organization_id, project_id, id, kind, fence, attempt, max_attempts, args, attempt_deadline_at
  from claim_jobs(:pool, :worker, :free, :kinds, :timeouts_s, :turns, :freed);

-- name: settle_jobs
-- Settle attempts by the SQL function of this name (db/functions); a row for each claim that was not fenced.
select organization_id, project_id, id, kind, fence, state, error
  from settle_jobs(
         :orgs, :ids, :fences, :outcomes, :results, :errors, :afters_s, :scheduled_after_s, :overdue);

-- name: lock_claimed
-- Lock a claimed job. It opens every step, after the project's lock if the step needs one.
select cancel_requested_at is not null as cancel
  from job
 where organization_id = :org
   and id = :id
   and fence = :fence
   and attempt_started_at is not null
   for no key update;

-- name: limit_waits    Limit the further statements of this transaction, and their waits for a lock.
select set_config('lock_timeout', :lock_timeout, true),
       set_config('statement_timeout', :statement_timeout, true);

-- name: set_result    Store the result of a job that this transaction has ended.
update job
   set result = :result
 where organization_id = :org
   and id = :id
   and fence = :fence
   and state = 'completed';

-- name: set_progress
-- Update progress, which never falls; a null keeps the value. No row: the claim was fenced.
update job
   set progress = greatest(progress, :progress), stage = coalesce(:stage, stage),
       cancelable = coalesce(:cancelable, cancelable), state_version = state_version + 1
 where organization_id = :org
   and id = :id
   and fence = :fence
   and attempt_started_at is not null
returning cancel_requested_at is not null as cancel;

-- name: run_job_now    Make a waiting job due now. No row: it doesn't wait.
update job
   set run_at = now(), stage = 'queued', state_version = state_version + 1
 where organization_id = :org
   and id = :id
   and attempt_started_at is null
   and finished_at is null
   and run_at > now()
returning pool, kind, id as job_id;

-- name: get_origin    Return the input of a job's retry.
select kind, state, project_id, args
  from job
 where organization_id = :org
   and id = :id
   and not internal;

-- name: mark_retried    Mark a job as retried; this transaction locked it.
update job
   set retried_as = :retried_as
 where organization_id = :org
   and id = :id;

-- part: asked    CTE with ids in the lock order of every statement over many jobs.
asked as materialized (
  -- Each row is then read by its key: for `id = any(...)`, a plan that PostgreSQL 15 makes for an empty table
  -- scans all of the tenant's rows, which are in that order.
  select distinct id as asked_id
    from unnest(:ids::uuid[]) as id
   order by id)

-- name: lock_jobs    Lock jobs before some of them are canceled or moved.
with {asked}
select j.id
  from asked
 cross join lateral (
         select id
           from job
          where organization_id = :org
            and id = asked_id
          limit 1
            for no key update) j;

-- part: cancel    Cancel locked jobs: a queued one at once, a running one by its flag.
update job j
   set cancel_requested_at = coalesce(j.cancel_requested_at, now()),
       state_version = j.state_version + (j.cancel_requested_at is null)::int,
       state = case j.state when 'queued' then 'canceled' else j.state end,
       stage = case j.state when 'queued' then 'canceled' else j.stage end,
       finished_at = case j.state when 'queued' then now() end
  from cancelable_jobs o
 where j.organization_id = o.organization_id
   and j.id = o.id
returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.state, j.error

-- name: cancel_jobs    Cancel jobs of one tenant. No row: it has ended, is internal or not cancelable now.
with {asked},
cancelable_jobs as materialized (
  select j.*
    from asked
   cross join lateral (
           select organization_id, id
             from job
            where organization_id = :org
              and id = asked_id
              and state in ('queued', 'running')
              and cancelable
              and not internal
            limit 1
              for no key update) j)
{cancel};

-- name: cancel_jobs_of_project    Cancel the next batch of a project's jobs without a cancel request.
with cancelable_jobs as materialized (
  -- Locked by id, like every statement over many jobs.
  select organization_id, id
    from job
   where organization_id = :org
     and project_id = :project_id
     and state in ('queued', 'running')
     and cancelable
     and cancel_requested_at is null
     and kind = any(:kinds)
   order by id
   limit :limit
     for no key update)
{cancel};

-- name: move_job
-- Move a queued job and its deadline to another time. No row: it runs or has ended. Its phase is `scheduled`
-- again, not `waiting`, despite earlier attempts: it hasn't begun at its new time.
update job
   set run_at = :run_at, deadline_at = :run_at::timestamptz + :total_s * interval '1 second',
       stage = case when :run_at > now() then 'scheduled' else 'queued' end,
       state_version = state_version + 1, line_length = null, started_at = null
 where organization_id = :org
   and id = :id
   and state = 'queued'
returning run_at <= now() as due;
