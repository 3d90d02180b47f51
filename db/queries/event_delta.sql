-- name: find_waiting_shards    Return the shards with deltas in a queue.
select shard
  from generate_series(0, 15) shard
 where (select true from event_delta where event_shard(project_id) = shard limit 1) is not null
    or (select true from event_person_delta where event_shard(project_id) = shard limit 1) is not null
 order by shard;

-- name: try_lock_shard
-- Lock a shard's counts, people and names until the transaction ends; return whether the lock was free. The
-- shared lock excludes folds of the release before.
select pg_try_advisory_xact_lock_shared(7210) and pg_try_advisory_xact_lock(7210, :shard);

-- name: try_lock_shard_of_project    Lock the shard of a project likewise; null if it wasn't free.
select case when pg_try_advisory_xact_lock_shared(7210)
                 and pg_try_advisory_xact_lock(7210, event_shard(:project_id))
            then event_shard(:project_id) end;

-- name: lock_shard_of_project    Lock the shard of a project likewise, once it is free; return the shard.
select event_shard(:project_id), pg_advisory_xact_lock_shared(7210),
       pg_advisory_xact_lock(7210, event_shard(:project_id));

-- name: begin_fold
-- Forbid plans in this transaction that read a whole queue, or all counts, for a batch; limit the time of its
-- statements, and of their waits. Its commit waits for no disk: after a crash the deltas are folded again.
select set_config('enable_bitmapscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('synchronous_commit', 'off', true),
       set_config('statement_timeout', :limit, true);

-- part: queued_since    Times of a project's deltas in a queue.
select min(queued_at)
                      from {condition}
                     where event_shard(project_id) = event_shard(:project_id)
                       and project_id = :project_id

-- name: read_wait    Return the wait of a project's oldest delta; null without one.
select now() - least(({queued_since: event_delta}),
                     ({queued_since: event_person_delta}));

-- part: oldest    The oldest delta of each project in a queue, by one probe a project.
(select event_shard(project_id) as shard, project_id, queued_at
           from {condition}
          order by event_shard(project_id), project_id, queued_at
          limit 1)
         union all
        select following.*
          from oldest
         cross join lateral (
                 select event_shard(d.project_id) as shard, d.project_id, d.queued_at
                   from {condition} d
                  where (event_shard(d.project_id), d.project_id) > (oldest.shard, oldest.project_id)
                  order by event_shard(d.project_id), d.project_id, d.queued_at
                  limit 1) following

-- name: read_lag_s    Return the wait of the oldest delta of all projects, in seconds; 0 without one.
select greatest(extract(epoch from now() - min(queued_at)), 0)::float
  from (
    (with recursive oldest as (
        {oldest: event_delta})
     select queued_at from oldest)
     union all
    (with recursive oldest as (
        {oldest: event_person_delta})
     select queued_at from oldest)) as waiting;

-- name: purge_deltas    Delete a project's deltas.
delete from event_delta
 where event_shard(project_id) = event_shard(:project_id)
   and project_id = :project_id;
