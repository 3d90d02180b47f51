-- name: submit_job    no row: its key has a job that hasn't ended, or the tenant's line is full. `send` is a hint: due now, and
--   nobody of this tenant waits.
insert into job (id, organization_id, project_id, kind, pool, internal, cancelable, max_attempts, retry_of,
                 run_at, deadline_at, stage, args, unique_key)
select :id, :org, :project_id, :kind, :pool, :internal, :cancelable, :max_attempts, :retry_of,
       coalesce(:run_at, now()), coalesce(:run_at, now()) + :total_s * interval '1 second',
       case when :run_at > now() then 'scheduled' else 'queued' end, :args, :unique_key
 where :internal or :run_at::timestamptz > now()
    or not exists (
      select from organization o join pool_cap c on c.tier = o.tier and c.pool = :pool
       where o.id = :org and exists (
         select from job l
          where l.pool = :pool and l.organization_id = :org and not l.internal and l.state = 'queued' and l.stage <> 'scheduled'
         offset c.max_queued - 1 limit 1))
on conflict (organization_id, unique_key) where unique_key is not null and finished_at is null do nothing
returning id, created_at, stage, run_at <= now()
  and coalesce((select w.run_at > now() from job w
                 where w.pool = :pool and w.organization_id = :org and w.internal = :internal
                   and w.state = 'queued' and w.stage <> 'scheduled'
                 order by w.run_at limit 1), true) as send;

-- name: find_job_of_key    that hasn't ended
select id, created_at, stage from job where organization_id = :org and unique_key = :unique_key and finished_at is null;

-- name: is_open
select finished_at is null from job where organization_id = :org and id = :id;

-- name: get_error_code    of a failed one
select error->>'code' from job where organization_id = :org and id = :id;

-- name: pull_jobs
select * from pull_jobs(:pool, :worker, :free, :kinds, :timeouts_s);

-- name: settle_jobs    a row for each claim that was not fenced
select * from settle_jobs(:orgs, :ids, :fences, :outcomes, :results, :errors, :afters_s, :scheduled_after_s, :overdue);

-- name: settle_job    one alone, without arrays: each new connection has to look their types up, which costs it more than the rest
select * from settle_jobs(array[:org::uuid], array[:id::uuid], array[:fence::bigint], array[:outcome::text], array[:result::jsonb],
                          array[:error::jsonb], array[:after_s::float8], :scheduled_after_s, :overdue);

-- name: hold_job    opens every step, after the project's lock where the step needs one
select cancel_requested_at is not null as cancel from job
 where organization_id = :org and id = :id and fence = :fence and attempt_started_at is not null for no key update;

-- name: end_job    opens a commit: locks, fences and completes. No row: fenced; `cancel`: asked to cancel first, and not ended
with mine as materialized (
  select organization_id, id, fence, attempt, lease_owner, attempt_started_at, cancel_requested_at is not null as cancel from job
   where organization_id = :org and id = :id and fence = :fence and attempt_started_at is not null for no key update),
history as (
  insert into job_attempt (organization_id, job_id, fence, attempt, worker_id, started_at, outcome)
  select organization_id, id, fence, attempt, lease_owner, attempt_started_at, 'completed' from mine where not cancel),
ended as (
  update job j
     set state = 'completed', stage = 'completed', state_version = j.state_version + 1, progress = 1, result = :result, finished_at = now(),
         lease_owner = null, attempt_started_at = null, attempt_deadline_at = null
    from mine m where j.organization_id = m.organization_id and j.id = m.id and not m.cancel)
select cancel from mine;

-- name: set_result    the row was ended by this transaction
update job set result = :result where organization_id = :org and id = :id and fence = :fence and state = 'completed';

-- name: set_progress    never falls; a null leaves what is there. No row: fenced
update job
   set progress = greatest(progress, :progress), stage = coalesce(:stage, stage), cancelable = coalesce(:cancelable, cancelable),
       state_version = state_version + 1
 where organization_id = :org and id = :id and fence = :fence and attempt_started_at is not null
returning cancel_requested_at is not null as cancel;

-- name: hasten_job    no row: it doesn't wait
update job set run_at = now(), stage = 'queued', state_version = state_version + 1
 where organization_id = :org and id = :id and attempt_started_at is null and finished_at is null and run_at > now()
returning pool, kind;

-- name: get_job
select id, project_id, kind, status, stage, version, progress, attempt, max_attempts, cancel_requested, retry_of,
       created_at, finished_at, result, error
  from partner_job
 where organization_id = :org
   and id = :id;

-- name: get_jobs    as many rows as there are ids, in their order
select j.id, j.project_id, j.kind, j.status, j.stage, j.version, j.progress, j.attempt, j.max_attempts, j.cancel_requested, j.retry_of,
       j.created_at, j.finished_at, j.result, j.error
  from unnest(:orgs::uuid[], :ids::uuid[]) with ordinality as asked (org, id, place)
  left join partner_job j on j.organization_id = asked.org and j.id = asked.id
 order by asked.place;

-- name: list_jobs    newest first
select id, project_id, kind, status, stage, version, progress, attempt, max_attempts, cancel_requested, retry_of,
       created_at, finished_at, result, error
  from partner_job
 where organization_id = :org
   and (:before::uuid is null or id < :before)
   and (:kind::text is null or kind = :kind)
   and (:status::text is null or status = :status)
   and (:stage::text is null or stage = :stage)
 order by id desc
 limit :limit;

-- name: list_jobs_of_project    a statement of its own, for its index
select id, project_id, kind, status, stage, version, progress, attempt, max_attempts, cancel_requested, retry_of,
       created_at, finished_at, result, error
  from partner_job
 where organization_id = :org
   and project_id = :project_id
   and (:before::uuid is null or id < :before)
   and (:kind::text is null or kind = :kind)
   and (:status::text is null or status = :status)
   and (:stage::text is null or stage = :stage)
 order by id desc
 limit :limit;

-- name: get_origin    what a retry starts from
select kind, state, project_id, args from job where organization_id = :org and id = :id and not internal;

-- name: cancel_job    a queued one at once, a running one by flag. No row: it has ended, or can't be canceled now
update job
   set cancel_requested_at = coalesce(cancel_requested_at, now()),
       state_version = state_version + (cancel_requested_at is null)::int,
       state = case state when 'queued' then 'canceled' else state end,
       stage = case state when 'queued' then 'canceled' else stage end,
       finished_at = case state when 'queued' then now() end
 where organization_id = :org and id = :id and state in ('queued', 'running') and cancelable and not internal
returning organization_id, project_id, id, kind, fence, state, error;

-- name: hold_jobs    by who will cancel or move some of them
select id from job where organization_id = :org and id = any(:ids) order by id for no key update;

-- name: cancel_jobs    these of one tenant, as cancel_job does; locks by id
with open as materialized (
  select organization_id, id from job
   where organization_id = :org and id = any(:ids) and state in ('queued', 'running') and cancelable
   order by id for no key update)
update job j
   set cancel_requested_at = coalesce(j.cancel_requested_at, now()),
       state_version = j.state_version + (j.cancel_requested_at is null)::int,
       state = case j.state when 'queued' then 'canceled' else j.state end,
       stage = case j.state when 'queued' then 'canceled' else j.stage end,
       finished_at = case j.state when 'queued' then now() end
  from open o where j.organization_id = o.organization_id and j.id = o.id
returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.state, j.error;

-- name: move_job    a queued one to another time, with its whole life before it again. No row: it runs, or it has ended
update job
   set run_at = :run_at, deadline_at = :run_at::timestamptz + :total_s * interval '1 second',
       stage = case when :run_at > now() then 'scheduled' else 'queued' end, state_version = state_version + 1
 where organization_id = :org and id = :id and state = 'queued'
returning run_at <= now() as due;

-- name: cancel_jobs_of_project    the next batch of those not asked yet; locks by id, as every statement over many
with open as materialized (
  select organization_id, id from job
   where organization_id = :org and project_id = :project_id and state in ('queued', 'running')
     and cancelable and cancel_requested_at is null and kind = any(:kinds)
   order by id limit :limit for no key update)
update job j
   set cancel_requested_at = now(), state_version = j.state_version + 1,
       state = case j.state when 'queued' then 'canceled' else j.state end,
       stage = case j.state when 'queued' then 'canceled' else j.stage end,
       finished_at = case j.state when 'queued' then now() end
  from open o where j.organization_id = o.organization_id and j.id = o.id
returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.state, j.error;

-- name: ripen_jobs    scheduled rows whose time has come enter their lines
with ripe as (
  select organization_id, id from job where stage = 'scheduled' and run_at <= now()
   order by run_at limit :limit for no key update skip locked)
update job j set stage = 'queued', state_version = j.state_version + 1
  from ripe r where j.organization_id = r.organization_id and j.id = r.id;

-- name: rescue_jobs    of workers that are gone or let their lease run out; `max_crashes` such ends and the job is given up.
--   `before` keeps a statement that an outage held back from judging leases that nobody could renew meanwhile.
with lost as materialized (
  select j.organization_id, j.id, j.fence, j.attempt, j.lease_owner, j.attempt_started_at,
         case when j.cancel_requested_at is not null then 'canceled'
              when j.crashes + 1 >= :max_crashes then 'poisoned'
              when j.attempt >= j.max_attempts then 'exhausted'
              when j.deadline_at <= now() then 'overdue'
              else 'queued' end as verdict
    from job j left join worker w on w.id = j.lease_owner
   where j.lease_owner is not null and (w.id is null or w.lease_expires_at < now()) and now() < :before
   limit :limit for no key update of j skip locked),
history as (
  insert into job_attempt (organization_id, job_id, fence, attempt, worker_id, started_at, outcome)
  select organization_id, id, fence, attempt, lease_owner, attempt_started_at, 'lost' from lost)
update job j
   set state = case when l.verdict in ('queued', 'canceled') then l.verdict else 'failed' end,
       stage = case when l.verdict in ('queued', 'canceled') then l.verdict else 'failed' end,
       state_version = j.state_version + 1, crashes = j.crashes + 1,
       error = case l.verdict when 'poisoned' then :poisoned::jsonb when 'exhausted' then :exhausted::jsonb when 'overdue' then :overdue::jsonb end,
       run_at = case l.verdict when 'queued' then now() else j.run_at end,
       finished_at = case when l.verdict <> 'queued' then now() end,
       lease_owner = null, attempt_started_at = null, attempt_deadline_at = null
  from lost l where j.organization_id = l.organization_id and j.id = l.id
returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.state, j.error;

-- name: end_overdue_jobs    queued past their deadline; a running one is ended by its worker or by rescue
with late as (
  select organization_id, id from job where finished_at is null and lease_owner is null and deadline_at <= now()
   order by deadline_at limit :limit for no key update skip locked)
update job j
   set state = 'failed', stage = 'failed', state_version = j.state_version + 1, finished_at = now(), error = :overdue::jsonb
  from late l where j.organization_id = l.organization_id and j.id = l.id
returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.state, j.error;

-- name: prune_jobs    with their attempts, `keep_s` after their end, unless a row still names them
with old as materialized (
  select j.organization_id, j.id
    from pool p cross join lateral (
      select organization_id, id from job
       where pool = p.name and finished_at < now() - :keep_s * interval '1 second'
         and not exists (select from ingest i where i.organization_id = job.organization_id and i.job_id = job.id)
         and not exists (select from scheduled_post s where s.organization_id = job.organization_id and s.job_id = job.id)
         and not exists (select from brand_source b where b.organization_id = job.organization_id and b.job_id = job.id)
         and not exists (select from project o where o.organization_id = job.organization_id and o.id = job.project_id and o.archive_job_id = job.id)
       order by finished_at limit :limit for update skip locked) j),
history as (
  delete from job_attempt a using old where a.organization_id = old.organization_id and a.job_id = old.id)
delete from job j using old where j.organization_id = old.organization_id and j.id = old.id;
