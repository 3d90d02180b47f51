-- name: list_latest    Return the last value of each metric of each of these posts or accounts.
select s.subject_id, l.metric, l.value
  from unnest(:subject_ids::uuid[]) as s (subject_id)
 cross join unnest(:metrics::text[]) as m (metric)
 cross join lateral (
         select metric, value
           from metric_snapshot
          where organization_id = :org
            and subject_id = s.subject_id
            and metric = m.metric
          order by at desc
          limit 1) l;

-- name: insert_snapshots    Insert snapshots of an account's subjects.
insert into metric_snapshot (organization_id, account_id, subject_id, metric, at, value, delta)
select :org, :account_id, t.subject_id, t.metric, t.at, t.value, t.delta
  from unnest(
         :subject_ids::uuid[], :metrics::text[], :values::bigint[], :deltas::bigint[], :ats::timestamptz[])
       as t (subject_id, metric, value, delta, at);
