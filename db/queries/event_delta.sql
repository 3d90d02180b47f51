-- name: insert_deltas
insert into event_delta (project_id, app_no, bucket, name, currency, n, value_micros)
select *
  from unnest(:project_ids::uuid[], :app_nos::smallint[], :buckets::timestamptz[], :names::text[],
              :currencies::text[], :counts::bigint[], :values::bigint[]);

-- name: purge_deltas    a project's; folds of them end first
delete from event_delta
 where project_id = :project_id;
