-- name: has_day    Return whether events of a UTC day are still stored.
select to_regclass('event_' || to_char(:day::date, 'YYYYMMDD')) is not null;

-- name: drop_counts    Delete a project's counts of a period of whole hours.
with quarters as (
  delete from event_rollup
   where project_id = :project_id
     and bucket >= :since
     and bucket < :until)
delete from event_rollup_hour
 where project_id = :project_id
   and bucket >= :since
   and bucket < :until;

-- part: apply
-- CTEs that add new counts to a table. Its rows' shard is locked, so only this statement changes them.
-- So each row is found once and changed by its place, which is cheaper than `on conflict`.
counts_of_{condition} as materialized (
  select counts.*,
         (select r.ctid
            from {condition} r
           where r.project_id = counts.project_id
             and r.name = counts.name
             and r.bucket = counts.bucket
             and r.app_no = counts.app_no
             and r.currency = counts.currency) as place
    from new_{condition} counts
   order by project_id, name, bucket, app_no, currency),
updated_{condition} as (
  update {condition} r
     set n = r.n + c.n, value_micros = r.value_micros + c.value_micros
    from counts_of_{condition} c
   where r.ctid = c.place),
inserted_{condition} as (
  insert into {condition} (project_id, name, bucket, app_no, currency, n, value_micros)
  select project_id, name, bucket, app_no, currency, n, value_micros
    from counts_of_{condition}
   where place is null)

-- part: add    CTEs that add `new_counts` to the counts, by name and for all names together.
new_names as materialized (
  -- Names of the batch without a count of their own, with their rank in the project.
  select project_id, name, rank() over (partition by project_id order by first, name) as place
    from (select project_id, name, min(first) as first
            from new_counts
           group by project_id, name
          offset 0) c
   where name <> all(:always::text[])
     and (select true
            from event_name k
           where k.project_id = c.project_id
             and k.name = c.name) is null),
placed_names as (
  insert into event_name (project_id, name)
  select project_id, name
    from new_names
   where place <= :most_names::int - coalesce((
           select c.n
             from event_name_count c
            where c.project_id = new_names.project_id), 0)
  returning project_id, name),
place_counts as (
  insert into event_name_count as c (project_id, n)
  select project_id, count(*)::int
    from placed_names
   group by project_id
      on conflict (project_id) do update
     set n = c.n + excluded.n),
other_names as materialized (
  select project_id, name from new_names
  except
  select project_id, name from placed_names),
new_event_rollup as materialized (
  select project_id,
         case when (project_id, name) in (select project_id, name from other_names) then :other::text
              else name end as name,
         bucket, app_no, currency, sum(n)::bigint as n, sum(value_micros) as value_micros
    from new_counts
   group by 1, 2, 3, 4, 5
  union all
  select project_id, '', bucket, app_no, '', sum(n)::bigint, 0
    from new_counts
   group by project_id, bucket, app_no),
new_event_rollup_hour as (
  select project_id, name, date_trunc('hour', bucket, 'UTC') as bucket, app_no, currency, sum(n)::bigint as n,
         sum(value_micros) as value_micros
    from new_event_rollup
   group by 1, 2, 3, 4, 5),
{apply: event_rollup},
{apply: event_rollup_hour}

-- name: fold
-- Fold a batch of a locked shard's queue into the counts, project by project; return the number of queue rows
-- and the last project.
with queue_rows as (
  -- The ctid is stable: no row is ever updated.
  delete from event_delta
   where ctid = any (array(
           select ctid
             from event_delta
            where event_shard(project_id) = :shard
              and project_id between :first_project and :last_project
            order by project_id, queued_at
            limit :limit))
  returning project_id, app_no, bucket, name, currency, n, value_micros, queued_at),
new_counts as (
  -- Each count once, with the place of its name in the queue.
  select project_id, name, bucket, app_no, currency, sum(n) as n, sum(value_micros) as value_micros,
         min(queued_at) as first
    from queue_rows
   group by project_id, name, bucket, app_no, currency),
{add}
select count(*)::int as n,
       (select project_id from queue_rows order by project_id desc limit 1) as last_project
  from queue_rows;

-- name: count_events    Recount events from all rows of this snapshot; no delta may contain them any more.
with deleted_deltas as (
  -- Deltas of the events that are counted below; later events have later deltas.
  delete from event_delta
   where event_shard(project_id) = event_shard(:project_id)
     and project_id = :project_id
     and bucket >= :since
     and bucket < :until),
new_counts as (
  -- By quarter-hour, with the first receipt of the name.
  select project_id, name, date_bin('15 minutes', occurred_at, '2000-01-01Z') as bucket, app_no,
         coalesce(currency, '') as currency, count(*) as n, coalesce(sum(value_micros), 0) as value_micros,
         min(received_at) as first
    from event
   where project_id = :project_id
     and occurred_at >= :since
     and occurred_at < :until
   group by 1, 2, 3, 4, 5),
{add}
select count(*)::int
  from new_event_rollup;

-- name: purge_counts
-- Delete the last counts of a project: a batch of quarters, and the hours after its first.
with batch_start as (
  -- First row of the batch by the index; a row before all others for the last batch.
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
  delete from event_rollup
   where project_id = :project_id
     and (name, bucket, app_no, currency) >= (select name, bucket, app_no, currency from batch_start)
  returning 1),
hours as (
  -- The hour of the first quarter is left to the next batch.
  delete from event_rollup_hour
   where project_id = :project_id
     and (name, bucket, app_no, currency) >= (select name, bucket, app_no, currency from batch_start))
select count(*)::int
  from quarters;

-- part: row    Columns of a count.
name, bucket, app_no, currency, n, value_micros

-- part: of_one    Counts of one name, and of these apps.
project_id = :project_id
              and name = requested.of_name
              and (:app_nos::smallint[] is null or app_no = any(:app_nos))

-- part: added    Sums by the requested columns.
select case when :by_place then width_bucket(bucket, :bounds::timestamptz[]) else 0 end as place,
       case when :by_name then name else '' end as name,
       case when :by_app then app_no else 0 end::int as app_no,
       currency, sum(n)::bigint as n, sum(value_micros)::numeric as micros
  from period_counts
 group by 1, 2, 3, 4
 order by 1, 2, 3, 4
 limit :limit

-- name: count_by_hours
-- Count between bounds: from hours, and from quarters in the hours that a bound splits.
with period_counts as (
  -- One snapshot of both sources: a fold between two of them would be counted in part. The lateral join reads
  -- one name after the other: for a list, a plan for empty tables makes PostgreSQL 15 read a whole project.
  select counts.*
    from (select distinct unnest(:names::text[])) as requested (of_name)
   cross join lateral (
           select {row}
             from event_rollup_hour
            where {of_one}
              and bucket >= :since
              and bucket < :until
              -- A hash lookup: comparisons with each value took half of the time for 90 days.
              and bucket not in (select unnest(:split::timestamptz[]))
           offset 0) as counts
  union all
  select counts.*
    from (select distinct unnest(:names::text[])) as requested (of_name)
   cross join unnest(:split::timestamptz[]) as hour (at)
   cross join lateral (
           select {row}
             from event_rollup
            where {of_one}
              and bucket >= greatest(hour.at, :since)
              and bucket < least(hour.at + interval '1 hour', :until)
           offset 0) as counts)
{added};

-- name: count_by_quarters    Count between bounds that split most hours, from quarters alone.
with period_counts as (
  -- As in count_by_hours.
  select counts.*
    from (select distinct unnest(:names::text[])) as requested (of_name)
   cross join lateral (
           select {row}
             from event_rollup
            where {of_one}
              and bucket >= :since
              and bucket < :until
           offset 0) as counts)
{added};
