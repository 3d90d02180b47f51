-- name: keep_events    sorted ones, none of them twice; which of them are new, or null where all are
select keep_events(:project_ids, :app_nos, :event_keys, :names, :occurred_ats, :event_ids, :user_ids,
                   :anonymous_ids, :micros, :currencies, :properties, :contexts);

-- name: make_days    how many had no table
select make_event_days(:first_day, :last_day);

-- name: drop_day    1 where there was one before that day
select drop_event_day(:before);

-- name: see_arrivals    those that an app sent in the last seconds, the newest of them, and how many
with arrival as (
  -- Some, from the newest on: of a project whose other apps send much, too, only the last hour is read.
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

-- name: list_events    a project's, newest first; in a transaction that walks indexes
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

-- name: walk_indexes    in this transaction: no plan reads all that a project has to find a batch of it
select set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true);

-- name: purge_events    the last ones of a project, a batch
with first as (
  -- The first of the batch, by the index; none where it is the last batch.
  select occurred_at, event_key
    from event
   where project_id = :project_id
   order by occurred_at desc, event_key desc
  offset :limit - 1
   limit 1)
delete from event
 where project_id = :project_id
   and occurred_at >= coalesce((select occurred_at from first), '-infinity')
   and (occurred_at, event_key) >= (
         coalesce((select occurred_at from first), '-infinity'),
         coalesce((select event_key from first), '00000000-0000-0000-0000-000000000000'));

-- name: horizon    what was received before is committed, or never will be, or takes too long to wait for
select greatest(least(now(), min(xact_start)), now() - :longest::interval) - :spare::interval
  from pg_stat_activity
 where datname = current_database()
   and backend_type = 'client backend'
   and pid <> pg_backend_pid();

-- name: tail_events    the first ones behind a place of a project's, in the order in which they came
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
