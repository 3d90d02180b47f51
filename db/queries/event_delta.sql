-- name: insert_deltas
insert into event_delta (project_id, app_no, bucket, name, currency, n, value_micros)
select *
  from unnest(:project_ids::uuid[], :app_nos::smallint[], :buckets::timestamptz[], :names::text[],
              :currencies::text[], :counts::bigint[], :values::bigint[]);

-- name: fold    a batch of the queue into the counts; how many
with gone as (
  -- Those that nobody else folds. They have no address but their row's: none is ever updated.
  delete from event_delta
   where ctid = any (array(
           select ctid
             from event_delta
            order by seq
            limit :limit
              for update skip locked))
  returning project_id, app_no, bucket, name, currency, n, value_micros),
counted as materialized (
  -- Each count, and that of all names together.
  select project_id, name, bucket, app_no, currency, sum(n)::bigint as n, sum(value_micros) as value_micros
    from gone
   group by project_id, name, bucket, app_no, currency
  union all
  select project_id, '', bucket, app_no, '', sum(n)::bigint, 0
    from gone
   group by project_id, bucket, app_no),
quarters as (
  -- In one order, as all folders: else two of them would wait for each other.
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
  returning 1)
select count(*)::int
  from gone;

-- name: purge_deltas    a project's; folds of them end first
delete from event_delta
 where project_id = :project_id;
