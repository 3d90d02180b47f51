-- The clock of a sandbox. Its rows are as old as they are by it, and so have the real time of now.

-- part: clock    its time is `now` and `ahead`
ahead, target, job_id, posts, jobs, now() as now

-- part: open    jobs that the clock waits for: not its own, nor those that wait for receivers in real time
id <> :own
   and kind not in ('deliver_webhook', 'relay_conversions')
   and finished_at is null

-- name: insert_clock    of a sandbox that the release before this one has made
insert into sandbox_clock (organization_id)
values (:org)
    on conflict do nothing;

-- name: get_clock    at 0 where it has none yet
select coalesce(c.ahead, '0') as ahead, c.target, c.job_id, coalesce(c.posts, 0) as posts,
       coalesce(c.jobs, 0) as jobs, now() as now
  from (select) one
  left join sandbox_clock c on c.organization_id = :org;

-- name: hold_clock    it stands until the transaction ends, which many writes may want
select {clock}
  from sandbox_clock
 where organization_id = :org
   for share;

-- name: lock_clock    by whoever moves it
select {clock}
  from sandbox_clock
 where organization_id = :org
   for no key update;

-- name: start_clock    on an advance
update sandbox_clock
   set target = :target, job_id = :job_id, posts = 0, jobs = 0
 where organization_id = :org;

-- name: move_clock    a part of its way
update sandbox_clock
   set ahead = ahead + :by, posts = posts + :posts, jobs = jobs + :jobs
 where organization_id = :org;

-- name: stop_clocks    whose jobs have ended
update sandbox_clock c
   set target = null
  from unnest(:orgs::uuid[], :job_ids::uuid[]) as t (organization_id, job_id)
 where c.organization_id = t.organization_id
   and c.job_id = t.job_id;

-- name: look    at what is due in the sandbox, but for the clock's own job `own`
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

-- name: list_due    one job of each pool that has some
select distinct on (pool) pool, kind, id as job_id
  from job
 where organization_id = :org
   and {open}
   and attempt_started_at is null
   and run_at <= now()
 order by pool, run_at;

-- name: lock_open    jobs, which pulls pass over from now on; whether any of them is due or runs
with open as materialized (
  -- In the order of all who lock many.
  select run_at, attempt_started_at
    from job
   where organization_id = :org
     and {open}
   order by id
     for no key update)
select coalesce(bool_or(attempt_started_at is not null or run_at <= now()), false) as busy
  from open;

-- name: find_next    the next time at which something is due; null: nothing waits for its time
-- Accounts are asked for figures at every stop; with none for a day, that is a stop of its own. A visit then
-- catches up with the times that it missed: each has its figure, without a stop of its own.
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

-- name: count_due    jobs and posts whose time has come, of those that partners see
select count(*) filter (where kind = 'publish_post') as posts, count(*) as jobs
  from job
 where organization_id = :org
   and {open}
   and not internal
   and run_at <= now();

-- name: age_projects    with their ingests
with projects as (
  -- Projects.
  update project
     set created_at = created_at - :by::interval,
         updated_at = updated_at - :by::interval,
         archived_at = archived_at - :by::interval,
         purging_at = purging_at - :by::interval
   where organization_id = :org),
installations as (
  -- Their installation of the GitHub App.
  update github_installation
     set listed_at = listed_at - :by::interval,
         connected_at = connected_at - :by::interval
   where organization_id = :org),
influencers as (
  -- Presenters.
  update influencer
     set created_at = created_at - :by::interval,
         updated_at = updated_at - :by::interval,
         deleted_at = deleted_at - :by::interval
   where organization_id = :org),
files as (
  -- Files of their apps.
  update app_media
     set created_at = created_at - :by::interval,
         updated_at = updated_at - :by::interval
   where organization_id = :org),
uploads as (
  -- Files on their way here.
  update media_upload
     set started_at = started_at - :by::interval
   where organization_id = :org)
update ingest
   set completed_at = completed_at - :by::interval
 where organization_id = :org;

-- name: age_jobs    but not the time in which the clock's own job has to end, nor what workers measure
with attempts as (
  -- Attempts that have ended.
  update job_attempt
     set started_at = started_at - :by::interval,
         ended_at = ended_at - :by::interval
   where organization_id = :org),
steps as (
  -- Steps.
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

-- name: age_accounts    with their tokens and visits
with tokens as (
  -- Tokens.
  update account_credential
     set expires_at = expires_at - :by::interval,
         rotated_at = rotated_at - :by::interval,
         refresh_at = refresh_at - :by::interval
   where organization_id = :org),
requests as (
  -- Requests for accounts on lease.
  update lease_request
     set created_at = created_at - :by::interval,
         assigned_at = assigned_at - :by::interval
   where organization_id = :org),
visits as (
  -- Visits of accounts.
  update account_collection
     set asked_at = asked_at - :by::interval
   where organization_id = :org),
asked as (
  -- Posts that are asked about.
  update post_collection
     set asked_at = asked_at - :by::interval,
         due_at = due_at - :by::interval
   where organization_id = :org)
update social_account
   set cooldown_until = cooldown_until - :by::interval,
       connected_at = connected_at - :by::interval,
       disconnected_at = disconnected_at - :by::interval,
       offered_at = offered_at - :by::interval,
       collect_at = collect_at - :by::interval
 where organization_id = :org;

-- name: age_posts    with their content and history
with contents as (
  -- Content.
  update content_item
     set created_at = created_at - :by::interval,
         updated_at = updated_at - :by::interval
   where organization_id = :org),
assets as (
  -- Its files.
  update content_asset
     set created_at = created_at - :by::interval
   where organization_id = :org),
generations as (
  -- How it was generated.
  update content_generation
     set created_at = created_at - :by::interval
   where organization_id = :org),
decisions as (
  -- What was decided about it.
  update approval_decision
     set created_at = created_at - :by::interval
   where organization_id = :org),
history as (
  -- History.
  update post_event
     set created_at = created_at - :by::interval
   where organization_id = :org),
tickets as (
  -- Tickets.
  update media_ticket
     set created_at = created_at - :by::interval,
         fetched_at = fetched_at - :by::interval,
         closed_at = closed_at - :by::interval
   where organization_id = :org),
sends as (
  -- Sends, which quotas count.
  update account_send
     set at = at - :by::interval
   where organization_id = :org)
update scheduled_post
   set scheduled_for = scheduled_for - :by::interval,
       not_before = not_before - :by::interval,
       attempted_at = attempted_at - :by::interval,
       sent_at = sent_at - :by::interval,
       published_at = published_at - :by::interval,
       canceled_at = canceled_at - :by::interval,
       resolved_at = resolved_at - :by::interval,
       created_at = created_at - :by::interval,
       updated_at = updated_at - :by::interval
 where organization_id = :org;
