-- Clock of a sandbox. Its advance moves the times of the sandbox's rows into the past, so `now` stays the
-- real time.

-- part: clock    The sandbox's time is `now` plus `ahead`.
ahead, target, job_id, posts, jobs, now() as now

-- part: open    Jobs that the clock waits for: not its own, nor those that deliver to receivers in real time.
id <> :own
   and kind not in ('deliver_webhook', 'relay_conversions')
   and finished_at is null

-- name: insert_clock    Insert the clock of a sandbox of an earlier release.
insert into sandbox_clock (organization_id)
values (:org)
    on conflict do nothing;

-- name: get_clock    Return a sandbox's clock; zeros without a row.
select coalesce(c.ahead, '0') as ahead, c.target, c.job_id, coalesce(c.posts, 0) as posts,
       coalesce(c.jobs, 0) as jobs, now() as now
  from (select) one
  left join sandbox_clock c on c.organization_id = :org;

-- name: hold_clock    Share the lock of a clock, which keeps it still until the transaction ends; for writes.
select {clock}
  from sandbox_clock
 where organization_id = :org
   for share;

-- name: lock_clock    Lock a clock to move it.
select {clock}
  from sandbox_clock
 where organization_id = :org
   for no key update;

-- name: start_clock    Start an advance.
update sandbox_clock
   set target = :target, job_id = :job_id, posts = 0, jobs = 0
 where organization_id = :org;

-- name: move_clock    Move a clock by a part of its advance.
update sandbox_clock
   set ahead = ahead + :by, posts = posts + :posts, jobs = jobs + :jobs
 where organization_id = :org;

-- name: stop_clocks    Stop the clocks of ended jobs.
update sandbox_clock c
   set target = null
  from unnest(:orgs::uuid[], :job_ids::uuid[]) as t (organization_id, job_id)
 where c.organization_id = t.organization_id
   and c.job_id = t.job_id;

-- name: find_due_work    Return the kinds of due work in the sandbox, without the clock's own job `own`.
select exists (
         select
           from job
          where organization_id = :org
            and {open}
            and (attempt_started_at is not null or run_at <= now())) as busy,
       exists (
         select
           from job
          where organization_id = :org
            and {open}
            and attempt_started_at is null
            and deadline_at <= now()) as overdue,
       exists (
         select
           from job
          where organization_id = :org
            and {open}
            and stage = 'scheduled'
            and run_at <= now()) as ripe,
       exists (
         select
           from account_credential
          where organization_id = :org
            and refresh_at <= now()) as refresh,
       exists (
         select
           from social_account
          where organization_id = :org
            and collect_at <= now()) as collect;

-- name: list_due    Return one due job of each pool that has any.
select distinct on (pool) pool, kind, id as job_id
  from job
 where organization_id = :org
   and {open}
   and attempt_started_at is null
   and run_at <= now()
 order by pool, run_at;

-- name: lock_open    Lock the open jobs, which pulls then skip; return whether any is due or runs.
with open as materialized (
  -- In the order of every statement that locks many.
  select run_at, attempt_started_at
    from job
   where organization_id = :org
     and {open}
   order by id
     for no key update)
select coalesce(bool_or(attempt_started_at is not null or run_at <= now()), false) as busy
  from open;

-- name: find_next
-- Return the next due time; null: no row waits for a time. Accounts are polled at every stop; a day without a
-- poll is a stop of its own. A collection run then catches up with the missed times: each gets its figure
-- without a stop of its own.
select least(
         (select min(least(run_at, deadline_at))
            from job
           where organization_id = :org
             and {open}),
         (select min(refresh_at)
            from account_credential
           where organization_id = :org),
         (select min(greatest(a.collect_at, c.asked_at + interval '25 hours'))
            from social_account a
            left join account_collection c on c.organization_id = a.organization_id and c.account_id = a.id
           where a.organization_id = :org
             and a.collect_at is not null)) as next_at;

-- name: count_due    Count the due jobs and posts that partners can see.
select count(*) filter (where kind = 'publish_post') as posts, count(*) as jobs
  from job
 where organization_id = :org
   and {open}
   and not internal
   and run_at <= now();

-- name: age_jobs
-- Age the jobs, except for the deadline of the clock's own job and the lease times of workers.
with attempts as (
  update job_attempt
     set started_at = started_at - :by::interval,
         ended_at = ended_at - :by::interval
   where organization_id = :org),
steps as (
  update job_step
     set created_at = created_at - :by::interval
   where organization_id = :org)
update job
   set created_at = created_at - :by::interval,
       started_at = started_at - :by::interval,
       finished_at = finished_at - :by::interval,
       cancel_requested_at = cancel_requested_at - :by::interval,
       run_at = run_at - case when id = :own then '0' else :by::interval end,
       deadline_at = deadline_at - case when id = :own then '0' else :by::interval end,
       stage = case when stage = 'scheduled' and run_at - :by::interval <= now() then 'queued' else stage end,
       state_version = state_version + (stage = 'scheduled' and run_at - :by::interval <= now())::int
 where organization_id = :org
   and kind not in ('deliver_webhook', 'relay_conversions');
