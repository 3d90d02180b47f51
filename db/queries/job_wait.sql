-- Wait reasons of jobs, derived from the facts of pulls and steps; stored nowhere.

-- name: find_waits
-- Return the facts of jobs in the order of the ids; `state` shows an ended one. A lateral join with a
-- condition on the job at the start of its `where` is skipped for all other jobs.
with requested as materialized (
  select j.*, a.place
    from unnest((select :orgs::uuid[]), (select :ids::uuid[])) with ordinality as a (org, id, place)
    left join job j on j.organization_id = a.org and j.id = a.id)
select j.kind, j.pool, j.state, j.stage, j.run_at, j.deadline_at,
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
  from requested j
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
                                  case when exists (
                                              select
                                                from pool_cap
                                               where pool = p.name
                                                 and tier <> 'suspended')
                                       then w.slots else 0 end as shared
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
 order by j.place;

-- name: find_loss    Return the time at which the answer of a post's call was lost.
select created_at, now() as now
  from post_event
 where organization_id = :org
   and post_id = :post_id
   and type = 'outcome_unknown'
 order by id desc
 limit 1;
