-- name: begin    Start the archive at the oldest stored day, unless it has started.
insert into event_archive (day)
select min(to_date(substr(c.relname, 7), 'YYYYMMDD'))
  from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
 where i.inhparent = 'event'::regclass
   and not exists (select from event_archive)
having count(*) > 0;

-- name: lock_archive    Lock the archive until the transaction ends: copies and purges run one at a time.
select pg_advisory_xact_lock(7208);

-- name: state    Return the day under copy and the position in it.
select day, attempt, emptied, batches, copied, last_project, last_occurred_at, last_key, last_app_no
  from event_archive;

-- name: batch    Return the next batch of a day; its last event may exceed the limit of bytes.
with next_events as (
  -- At most a batch of events, each with the sum of the bytes before it.
  select project_id, app_no, event_key, name, occurred_at, received_at, event_id, user_id, anonymous_id,
         value_micros, currency, properties, context,
         sum(octet_length(properties) + octet_length(context)) over (
           order by project_id, occurred_at, event_key, app_no
           rows between unbounded preceding and 1 preceding) as bytes_before
    from event
   where occurred_at >= :since
     and occurred_at < :until
     and (project_id, occurred_at, event_key, app_no)
         > (:last_project::uuid, :last_occurred_at::timestamptz, :last_key::uuid, :last_app_no::smallint)
   order by project_id, occurred_at, event_key, app_no
   limit :limit)
select project_id, app_no, event_key, name, occurred_at, received_at, event_id, user_id, anonymous_id,
       value_micros, currency, properties, context
  from next_events
 where coalesce(bytes_before, 0) < :bytes
 order by project_id, occurred_at, event_key, app_no;

-- name: note_emptied    Record that the archive has no rows of this attempt yet.
update event_archive
   set emptied = true;

-- name: note_batch    Record that a batch is in the archive.
update event_archive
   set batches = batches + 1, copied = copied + :copied,
       last_project = :last_project, last_occurred_at = :last_occurred_at, last_key = :last_key,
       last_app_no = :last_app_no;

-- name: begin_again    Restart the copy of the same day.
update event_archive
   set attempt = attempt + 1, emptied = false, batches = 0, copied = 0,
       last_project = default, last_occurred_at = default, last_key = default, last_app_no = default;

-- name: begin_next    Advance to the next day: all earlier days are in the archive.
update event_archive
   set day = day + 1, attempt = 0, emptied = false, batches = 0, copied = 0,
       last_project = default, last_occurred_at = default, last_key = default, last_app_no = default;

-- name: drop_archived_day
-- Drop an archived day's table if it is before that day; return 1 if there was one.
select drop_event_day(least(:before::date, coalesce((select min(day) from event_archive), '0001-01-01')));
