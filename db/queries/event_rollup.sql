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

-- part: add    what `seen` has to the counts, by name and of all names together
ranked as (
  -- Whether a name has its place, and where it stands among its project's new ones.
  select project_id, name, bucket, app_no, currency, n, value_micros, known,
         dense_rank() over (partition by project_id, known order by first_seen, name) as place
    from (select *,
                 min(first) over (partition by project_id, name) as first_seen,
                 name = any(:always::text[])
                   or (select true
                         from event_name k
                        where k.project_id = seen.project_id
                          and k.name = seen.name
                        limit 1) is not null as known
            from seen) as s),
named as materialized (
  -- Whether each is counted by its own name.
  select project_id, name, bucket, app_no, currency, n, value_micros, known,
         case when known then true
              else place <= :most_names::int - coalesce((
                     select c.n
                       from event_name_count c
                      where c.project_id = ranked.project_id), 0) end as own
    from ranked),
counted as materialized (
  -- Each count, and that of all names together.
  select project_id, case when own then name else :other::text end as name, bucket, app_no, currency,
         sum(n)::bigint as n, sum(value_micros) as value_micros
    from named
   group by 1, 2, 3, 4, 5
  union all
  select project_id, '', bucket, app_no, '', sum(n)::bigint, 0
    from named
   group by project_id, bucket, app_no),
quarters as (
  -- In one order, as all who add: else two of them would wait for each other.
  insert into event_rollup as r (project_id, name, bucket, app_no, currency, n, value_micros)
  select project_id, name, bucket, app_no, currency, n, value_micros
    from counted
   order by project_id, name, bucket, app_no, currency
      on conflict (project_id, name, bucket, app_no, currency) do update
     set n = r.n + excluded.n, value_micros = r.value_micros + excluded.value_micros
  returning 1),
hours as (
  -- The same of the hour of UTC that each quarter lies in; all quarters were locked before.
  insert into event_rollup_hour as r (project_id, name, bucket, app_no, currency, n, value_micros)
  select project_id, name, date_trunc('hour', bucket, 'UTC'), app_no, currency,
         sum(n)::bigint, sum(value_micros)
    from counted
   where (select count(*) from quarters) > 0
   group by project_id, name, date_trunc('hour', bucket, 'UTC'), app_no, currency
   order by project_id, name, date_trunc('hour', bucket, 'UTC'), app_no, currency
      on conflict (project_id, name, bucket, app_no, currency) do update
     set n = r.n + excluded.n, value_micros = r.value_micros + excluded.value_micros
  returning 1),
placed as (
  -- New names that have their place from now on; counts were locked before, as a purge does it.
  insert into event_name (project_id, name)
  select distinct project_id, name
    from named
   where own
     and not known
     and (select count(*) from hours) > 0
  returning project_id),
places as (
  -- How many there are now.
  insert into event_name_count as c (project_id, n)
  select project_id, count(*)::int
    from placed
   group by project_id
      on conflict (project_id) do update
     set n = c.n + excluded.n)

-- name: fold    a batch of the queue into the counts; how many. Under the lock of names
with gone as (
  -- Those that nobody else takes. They have no address but their row's: none is ever updated.
  delete from event_delta
   where ctid = any (array(
           select ctid
             from event_delta
            order by seq
            limit :limit
              for update skip locked))
  returning project_id, app_no, bucket, name, currency, n, value_micros, seq),
seen as (
  -- Each count once, and when its name came.
  select project_id, name, bucket, app_no, currency, sum(n) as n, sum(value_micros) as value_micros,
         min(seq) as first
    from gone
   group by project_id, name, bucket, app_no, currency),
{add}
select count(*)::int
  from gone;

-- name: count_events    anew, from all that this snapshot has; none of them may be in a delta any more
with folded as (
  -- Deltas of the events that are counted below. Those that come later have deltas that come later.
  delete from event_delta
   where project_id = :project_id
     and bucket >= :since
     and bucket < :until),
seen as (
  -- By quarter of an hour, and when its name came.
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
  from counted;

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

-- part: has_place    a delta's name
(:most_names::int > coalesce((select n from event_name_count where project_id = :project_id), 0)
          or name = any(:always::text[])
          or exists (
               select from event_name k
                where k.project_id = :project_id
                  and k.name = event_delta.name))

-- part: unfolded    those that wait in the queue, also as part of all names
select name, bucket, app_no, currency, n, value_micros
    from event_delta
   where project_id = :project_id
     and name = any(:names)
     and (:app_nos::smallint[] is null or app_no = any(:app_nos))
     and bucket >= :since
     and bucket < :until
     and {has_place}
  union all
  select :other, bucket, app_no, currency, n, value_micros
    from event_delta
   where :other::text = any(:names)
     and project_id = :project_id
     and (:app_nos::smallint[] is null or app_no = any(:app_nos))
     and bucket >= :since
     and bucket < :until
     and not {has_place}
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
              -- Looked up in a hash: compared with each, they took half of the time for 90 days.
              and bucket not in (select unnest(:split::timestamptz[]))
           offset 0) as found
  union all
  select found.*
    from (select distinct unnest(:names::text[])) as one (of_name)
   cross join unnest(:split::timestamptz[]) as hour (at)
   cross join lateral (
           select {row}
             from event_rollup
            where {of_one}
              and bucket >= greatest(hour.at, :since)
              and bucket < least(hour.at + interval '1 hour', :until)
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
