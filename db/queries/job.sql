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

-- name: submit_job
-- Insert a job. No row: an open job has its unique key, or too many of the tenant's jobs are queued. `send`
-- requests a wake; it stays on the row as `newcomer` until the job is pulled.
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
    on conflict (organization_id, unique_key) where unique_key is not null and finished_at is null do nothing
returning id, created_at, stage, job_phase(state, stage, started_at) as phase, newcomer as send;

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
returning id, created_at, stage, job_phase(state, stage, started_at) as phase, newcomer as send;

-- name: find_job_of_key    Return the open job of a unique key.
select id, created_at, stage, job_phase(state, stage, started_at) as phase, false as send
  from job
 where organization_id = :org
   and unique_key = :unique_key
   and finished_at is null;

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

-- name: cancel_job
-- Cancel a queued job at once, or a running one by its flag. No row: it has ended, or can't be canceled now.
update job
   set cancel_requested_at = coalesce(cancel_requested_at, now()),
       state_version = state_version + (cancel_requested_at is null)::int,
       state = case state when 'queued' then 'canceled' else state end,
       stage = case state when 'queued' then 'canceled' else stage end,
       finished_at = case state when 'queued' then now() end
 where organization_id = :org
   and id = :id
   and state in ('queued', 'running')
   and cancelable
   and not internal
returning organization_id, project_id, id, kind, fence, state, error;

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

-- part: cancel    Cancel the locked jobs, as cancel_job does.
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

-- name: cancel_jobs    Cancel these jobs of one tenant.
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
