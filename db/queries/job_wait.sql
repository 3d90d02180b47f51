-- Wait reasons of jobs, derived from the facts of pulls and steps; stored nowhere.

-- part: facts    Facts of a requested job `j` that is absent or null, ended, running or waiting.
j.kind, j.pool, j.state, j.stage, j.run_at, j.deadline_at,
       now() as now,
       j.state = 'running' and coalesce(w.lease_expires_at <= now(), true) as lost,
       last.outcome as last_outcome, last.code as last_code,
       post.status as post_status, post.phase, post.early, post.held_back, post.scheduled_for,
       post.owner_status,
       post.cooldown_until, post.refreshing, post.ahead as posts_ahead,
       post.platform, post.traits, post.quota_posts, post.quota_window_s, post.owner_id,
       null::timestamptz as full_until,
       room.suspended, room.paused, room.max_running, room.running, room.workers, room.free, room.share,
       room.ahead

-- part: fact_joins
-- Rows of the facts. A lateral join with a condition on the job at the start of its `where` is skipped for
-- all other jobs.
left join worker w on w.id = j.lease_owner
  left join lateral (
         -- End of a waiting job's last attempt.
         select outcome, error->>'code' as code
           from job_attempt
          where j.fence > 0
            and j.run_at > now()
            and organization_id = j.organization_id
            and job_id = j.id
          order by fence desc
          limit 1) last on true
  left join lateral (
         -- Post of a waiting job, with the blockers of its account's posts.
         select p.status, p.phase, p.scheduled_for > now() as early, p.not_before > now() as held_back,
                p.scheduled_for, o.status as owner_status, o.id as owner_id, o.quota_posts,
                o.quota_window_s, a.platform, a.traits,
                case when o.cooldown_until > now() then o.cooldown_until end as cooldown_until,
                exists (
                  select
                    from job r
                   where r.organization_id = o.organization_id
                     and r.unique_key = 'refresh:' || o.id
                     and r.finished_at is null) as refreshing,
                (a.turn_post_id is not null and a.turn_post_id <> p.id)::int + (
                  select count(*)::int
                    from (
                           select
                             from scheduled_post q
                            where q.organization_id = p.organization_id
                              and q.social_account_id = p.social_account_id
                              and q.status = 'queued'
                              and q.scheduled_for <= now()
                              and (q.not_before is null or q.not_before <= now())
                              and (q.scheduled_for, q.id) < (p.scheduled_for, p.id)
                              and q.id is distinct from a.turn_post_id
                            limit :most) earlier) as ahead
           from scheduled_post p
           join social_account a on a.organization_id = p.organization_id and a.id = p.social_account_id
           join social_account o
             on o.organization_id = coalesce(a.owner_organization_id, a.organization_id)
            and o.id = coalesce(a.owner_account_id, a.id)
          where j.kind = 'publish_post'
            and j.state = 'queued'
            and j.run_at > now()
            and p.organization_id = j.organization_id
            and p.job_id = j.id
         offset 0) post on true
  left join lateral (
         -- Facts of a pull for a due job, as in the pull's SQL functions.
         select o.tier = 'suspended' as suspended, p.paused, c.max_running, own.running, fleet.*, line.ahead
           from pool p
           join organization o on o.id = j.organization_id
           left join pool_cap c on c.tier = o.tier and c.pool = p.name and not j.internal
          cross join lateral (
                  select count(*)::int as held,
                         (count(*) filter (where internal = j.internal))::int as running
                    from job
                   where pool = j.pool
                     and organization_id = j.organization_id
                     and state = 'running') own
          cross join lateral (
                  -- Running jobs of its sandbox, or of the live organization of this sandbox.
                  select count(*)::int as held
                    from job
                   where pool = j.pool
                     and organization_id = coalesce(
                           o.live_organization_id,
                           (select id from organization where live_organization_id = o.id))
                     and state = 'running') others
          cross join lateral (
                  -- `share`: the jobs that the tenant could get at the worker with most room.
                  select count(*)::int as workers,
                         coalesce(max(free), 0)::int as free,
                         coalesce(max(least(free, ceil(
                           ((free + 1) * capacity - (own.held + others.held - 1) * shared)::float8
                           / (shared + capacity)) - 1)), 0)::int as share
                    from (
                           select w.state, sum(w.slots) over () as capacity,
                                  w.slots - (select count(*) from job where lease_owner = w.id) as free,
                                  case when p.reserves_slots then w.slots else 0 end as shared
                             from worker w
                            where w.pool = p.name
                              and w.lease_expires_at > now()) each
                   where state = 'active') fleet
          cross join lateral (
                  -- Jobs before it in its tenant's queue.
                  select count(*)::int as ahead
                    from (
                           select
                             from job q
                            where q.pool = j.pool
                              and q.organization_id = j.organization_id
                              and q.internal = j.internal
                              and q.state = 'queued'
                              and q.stage <> 'scheduled'
                              and (q.run_at, q.id) < (j.run_at, j.id)
                              and q.deadline_at > now()
                            limit :most) earlier) line
          where j.state = 'queued'
            and j.stage <> 'scheduled'
            and j.run_at <= now()
            and p.name = j.pool
         offset 0) room on true

-- name: find_waits    Return the facts of jobs in the order of the ids; `state` shows an ended one.
with requested as materialized (
  select j.*, a.place
    from unnest((select :orgs::uuid[]), (select :ids::uuid[])) with ordinality as a (org, id, place)
    left join job j on j.organization_id = a.org and j.id = a.id)
select {facts}
  from requested j
  {fact_joins}
 order by j.place;

-- part: polled    The key and the job of a poll `j`.
k.organization_id, o.name as organization_name, k.id, k.key_id, o.env, o.tier, k.scopes,
       k.return_origins, k.expires_at, k.secret_hash, k.pepper_id,
       case when k.overlap_until > now() then k.old_secret_hash end as old_secret_hash, k.old_pepper_id,
       k.killed_at is not null as killed, coalesce(k.expires_at <= now(), false) as expired,
       o.tier = 'suspended' as suspended, num_nonnulls(o.moving_to, o.moved_at) > 0 as moving,
       v.id as job_id, v.project_id, v.kind, v.status, v.stage, v.phase, v.version, v.progress, v.attempt,
       v.max_attempts, v.cancel_requested, v.retry_of, v.created_at, v.finished_at, v.result, v.error

-- part: poll_joins    Rows of the key and the job.
left join api_key k on k.key_id = j.key_id
  left join organization o on o.id = k.organization_id
  left join partner_job v on v.organization_id = j.org and v.id = j.job_id

-- part: polls    Polls, in order. A key id may be null, and so may a job id.
unnest((select :key_ids::text[]), (select :orgs::uuid[]), (select :job_ids::uuid[]))
       with ordinality as

-- name: find_polls
-- Return for each poll the key and the job, nulls for absent ones. `lost`: the job runs, and the lease of its
-- worker has ended.
select {polled},
       case when v.state = 'running' then coalesce((
              select w.lease_expires_at <= now()
                from job r
                join worker w on w.id = r.lease_owner
               where r.organization_id = v.organization_id
                 and r.id = v.id), true) end as lost
  from {polls} j (key_id, org, job_id, place)
  {poll_joins}
 order by j.place;

-- name: find_polls_with_waits
-- Return the same with the facts of each job instead of `lost`. Its plan costs 0.15 ms more, for any job.
with requested as materialized (
  select j.*, a.key_id, a.org, a.job_id, a.place
    from {polls} a (key_id, org, job_id, place)
    left join job j on j.organization_id = a.org and j.id = a.job_id)
select {polled},
       {facts}
  from requested j
  {poll_joins}
  {fact_joins}
 order by j.place;

-- name: find_loss    Return the time at which the answer of a post's call was lost.
select created_at, now() as now
  from post_event
 where organization_id = :org
   and post_id = :post_id
   and type = 'outcome_unknown'
 order by id desc
 limit 1;
