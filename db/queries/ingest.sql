-- name: start_ingest    Start an ingest; its job replaces that of an ended one.
insert into ingest (organization_id, project_id, source, job_id, status)
values (:org, :project_id, :source, :job_id, 'running')
on conflict (organization_id, project_id, source) do update
   set job_id = excluded.job_id, status = 'running', error = null, completed_at = null;

-- name: get_args    Return the arguments of the job that a second start conflicts with.
select args
  from job
 where organization_id = :org
   and id = :job_id;

-- name: end_ingests    End ingests with their jobs; a newer job protects its row.
with ended_ingests as materialized (
  -- The order by prevents deadlocks.
  select i.organization_id, i.job_id, j.state, j.error
    from unnest(:orgs::uuid[], :job_ids::uuid[]) as t (org, job_id)
    join ingest i on i.organization_id = t.org and i.job_id = t.job_id
    join job j on j.organization_id = t.org and j.id = t.job_id
   where i.status = 'running'
   order by i.organization_id, i.job_id
     for no key update of i
)
update ingest i
   set status = e.state, error = e.error, completed_at = now()
  from ended_ingests e
 where i.organization_id = e.organization_id
   and i.job_id = e.job_id;
