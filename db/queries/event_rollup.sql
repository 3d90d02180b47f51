-- name: stop_folds    until the transaction ends; folds under way end first, and events still come
lock table event_rollup in share row exclusive mode;

-- name: stop_rebuilds    until the transaction ends; one under way ends first, and folds go on
lock table event_rollup in row exclusive mode;

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
summed as materialized (
  -- And of all names together.
  select name, bucket, app_no, currency, n, value_micros
    from counted
  union all
  select '', bucket, app_no, '', sum(n), 0
    from counted
   group by bucket, app_no),
quarters as (
  -- As they are.
  insert into event_rollup (project_id, name, bucket, app_no, currency, n, value_micros)
  select :project_id, name, bucket, app_no, currency, n, value_micros
    from summed)
insert into event_rollup_hour (project_id, name, bucket, app_no, currency, n, value_micros)
select :project_id, name, date_trunc('hour', bucket, 'UTC'), app_no, currency, sum(n), sum(value_micros)
  from summed
 group by 1, 2, 3, 4, 5;

-- name: purge_counts    the last ones of a project, a batch of quarters and the hours behind its first
with first as (
  -- The first of the batch, by the index; what comes before all others where it is the last batch.
  select coalesce(f.name, '') as name, coalesce(f.bucket, '-infinity') as bucket,
         coalesce(f.app_no, (-32768)::smallint) as app_no, coalesce(f.currency, '') as currency
    from (select) as always
    left join (
      select name, bucket, app_no, currency
        from event_rollup
       where project_id = :project_id
       order by name desc, bucket desc, app_no desc, currency desc
      offset :limit - 1
       limit 1) as f on true),
quarters as (
  -- The batch.
  delete from event_rollup
   where project_id = :project_id
     and (name, bucket, app_no, currency) >= (select name, bucket, app_no, currency from first)
  returning 1),
hours as (
  -- That of the first quarter itself is left to the next batch.
  delete from event_rollup_hour
   where project_id = :project_id
     and (name, bucket, app_no, currency) >= (select name, bucket, app_no, currency from first))
select count(*)::int
  from quarters;

-- part: row    of the counts
name, bucket, app_no, currency, n, value_micros

-- part: of_one    name, and of these apps
project_id = :project_id
              and name = one.of_name
              and (:app_nos::smallint[] is null or app_no = any(:app_nos))

-- part: unfolded    those that wait in the queue, also as part of all names
select name, bucket, app_no, currency, n, value_micros
    from event_delta
   where project_id = :project_id
     and name = any(:names)
     and (:app_nos::smallint[] is null or app_no = any(:app_nos))
     and bucket >= :since
     and bucket < :until
  union all
  select '', bucket, app_no, '', n, 0
    from event_delta
   where '' = any(:names)
     and project_id = :project_id
     and (:app_nos::smallint[] is null or app_no = any(:app_nos))
     and bucket >= :since
     and bucket < :until

-- part: added    up by what is told apart
select case when :by_place then width_bucket(bucket, :bounds::timestamptz[]) else 0 end as place,
       case when :by_name then name else '' end as name,
       case when :by_app then app_no else 0 end::int as app_no,
       currency, sum(n)::bigint as n, sum(value_micros)::numeric as micros
  from counted
 group by 1, 2, 3, 4
 order by 1, 2, 3, 4
 limit :limit

-- name: count_by_hours    between bounds: hours, but for those that a bound splits
with counted as (
  -- One snapshot of all three: a fold between two of them would be counted twice, or not at all. One name
  -- comes after the other: for a list PostgreSQL 15 reads all of a project, as planned on empty tables.
  select found.*
    from (select distinct unnest(:names::text[])) as one (of_name)
   cross join lateral (
           select {row}
             from event_rollup_hour
            where {of_one}
              and bucket >= :since
              and bucket < :until
              and bucket <> all(:split::timestamptz[])
           offset 0) as found
  union all
  select found.*
    from (select distinct unnest(:names::text[])) as one (of_name)
   cross join unnest(:quarters::timestamptz[]) as quarter (at)
   cross join lateral (
           select {row}
             from event_rollup
            where {of_one}
              and bucket = quarter.at
           offset 0) as found
  union all
  {unfolded})
{added};

-- name: count_by_quarters    the same where bounds split most hours
with counted as (
  -- As above.
  select found.*
    from (select distinct unnest(:names::text[])) as one (of_name)
   cross join lateral (
           select {row}
             from event_rollup
            where {of_one}
              and bucket >= :since
              and bucket < :until
           offset 0) as found
  union all
  {unfolded})
{added};
