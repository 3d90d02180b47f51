-- name: stop_folds    until the transaction ends; folds under way end first, and events still come
lock table event_rollup in share row exclusive mode;

-- name: has_day    whether events that occurred on a day of UTC are still kept
select to_regclass('event_' || to_char(:day::date, 'YYYYMMDD')) is not null;

-- name: drop_counts    a project's of a stretch of whole hours
with quarters as (
  -- Its quarters.
  delete from event_rollup
   where project_id = :project_id
     and bucket >= :since
     and bucket < :until)
delete from event_rollup_hour
 where project_id = :project_id
   and bucket >= :since
   and bucket < :until;

-- name: count_events    anew, from all that this snapshot has; none of them may be in a delta any more
with folded as (
  -- Deltas of the events that are counted below. Those that come later have deltas that come later.
  delete from event_delta
   where project_id = :project_id
     and bucket >= :since
     and bucket < :until),
counted as materialized (
  -- By quarter of an hour.
  select name, date_bin('15 minutes', occurred_at, '2000-01-01Z') as bucket, app_no,
         coalesce(currency, '') as currency, count(*) as n, coalesce(sum(value_micros), 0) as value_micros
    from event
   where project_id = :project_id
     and occurred_at >= :since
     and occurred_at < :until
   group by 1, 2, 3, 4),
quarters as (
  -- As they are.
  insert into event_rollup (project_id, name, bucket, app_no, currency, n, value_micros)
  select :project_id, name, bucket, app_no, currency, n, value_micros
    from counted)
insert into event_rollup_hour (project_id, name, bucket, app_no, currency, n, value_micros)
select :project_id, name, date_trunc('hour', bucket, 'UTC'), app_no, currency, sum(n), sum(value_micros)
  from counted
 group by 1, 2, 3, 4, 5;

-- name: purge_counts    a batch of a project's, and what hours have
with batch as (
  -- Some of its quarters.
  select name, bucket, app_no, currency
    from event_rollup
   where project_id = :project_id
   order by name, bucket, app_no, currency
   limit :limit),
quarters as (
  -- Those.
  delete from event_rollup r
   using batch b
   where r.project_id = :project_id
     and r.name = b.name
     and r.bucket = b.bucket
     and r.app_no = b.app_no
     and r.currency = b.currency
  returning 1),
hours as (
  -- A row of these for up to four of those: all that lie in the hours of the batch.
  delete from event_rollup_hour h
   using (select distinct name, date_trunc('hour', bucket, 'UTC') as bucket, app_no, currency from batch) b
   where h.project_id = :project_id
     and h.name = b.name
     and h.bucket = b.bucket
     and h.app_no = b.app_no
     and h.currency = b.currency)
select count(*)::int
  from quarters;
