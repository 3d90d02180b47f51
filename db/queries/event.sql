-- name: keep_events
-- Store sorted events without repeated keys; return which of them are new, or null if all are.
select keep_events(:project_ids, :app_nos, :event_keys, :names, :occurred_ats, :event_ids, :user_ids,
                   :anonymous_ids, :micros, :currencies, :properties, :contexts);

-- name: make_days    Create the missing tables of days; return their number.
select make_event_days(:first_day, :last_day);

-- name: drop_day    Drop the oldest day's table if it is before that day; return 1 if there was one.
select drop_event_day(:before);

-- name: see_arrivals    Return an app's newest event of the last seconds, and their number.
with arrival as (
  -- A bounded scan from the newest event on. It reads only the last hour of occurrence, even if other apps of
  -- the project send many events.
  select name, coalesce(event_id, event_key::text) as event_id, occurred_at, received_at
    from event
   where project_id = :project_id
     and app_no = :app_no
     and occurred_at >= now() - :seconds::float * interval '1 second' - interval '1 hour'
     and received_at >= now() - :seconds * interval '1 second'
   order by occurred_at desc, event_key desc
   limit :limit)
select name, event_id, occurred_at, received_at, (select count(*) from arrival) as n
  from arrival
 order by occurred_at desc, event_id desc
 limit 1;

-- name: list_events    Return a project's events, newest first; the transaction has called walk_indexes.
select app_no, event_key, coalesce(event_id, event_key::text) as event_id, name, occurred_at, received_at,
       user_id, anonymous_id, value_micros, currency, properties, context
  from event
 where project_id = :project_id
   and occurred_at >= :since
   and occurred_at <= :before_at
   and (occurred_at, event_key, app_no) < (:before_at::timestamptz, :before_key::uuid, :before_app::int)
   and app_no <= :last_app
   and (:app_no::int is null or app_no = :app_no)
   and (:names::text[] is null or name = any(:names))
   and (:user_id::text is null or user_id = :user_id)
 order by occurred_at desc, event_key desc, app_no desc
 limit :limit;

-- name: walk_indexes    Forbid plans in this transaction that read all of a project's rows to find a batch.
select set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true);

-- name: purge_events    Delete the last events of a project, a batch.
with batch_start as (
  -- First row of the batch by the index; none for the last batch.
  select occurred_at, event_key
    from event
   where project_id = :project_id
   order by occurred_at desc, event_key desc
  offset :limit - 1
   limit 1)
delete from event
 where project_id = :project_id
   and occurred_at >= coalesce((select occurred_at from batch_start), '-infinity')
   and (occurred_at, event_key) >= (
         coalesce((select occurred_at from batch_start), '-infinity'),
         coalesce((select event_key from batch_start), '00000000-0000-0000-0000-000000000000'));

-- name: horizon
-- Return a time before which every received event is committed, lost, or too slow to wait for.
select greatest(least(now(), min(xact_start)), now() - :longest::interval) - :spare::interval
  from pg_stat_activity
 where datname = current_database()
   and backend_type = 'client backend'
   and pid <> pg_backend_pid();

-- name: tail_events    Return a project's next events after a position, in the order of their receipt.
select project_id, app_no, event_key, name, occurred_at, received_at, event_id, user_id, anonymous_id,
       value_micros, currency, properties, context
  from event
 where project_id = :project_id
   and occurred_at >= now() - :back::interval
   and (received_at, app_no, event_key) > (:received_at::timestamptz, :after_app::smallint, :after_key::uuid)
   and (:app_no::smallint is null or app_no = :app_no)
   and (:name::text is null or name = :name)
 order by received_at, app_no, event_key
 limit :limit;
