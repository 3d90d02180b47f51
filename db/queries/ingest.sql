-- name: start_ingest    a new job takes the place of the one that ended
insert into ingest (organization_id, project_id, source, job_id, status)
values (:org, :project_id, :source, :job_id, 'running')
on conflict (organization_id, project_id, source) do update
   set job_id = excluded.job_id, status = 'running', error = null, completed_at = null;

-- name: get_args    of the job that a second start ran into
select args from job where organization_id = :org and id = :job_id;

-- name: end_ingests    the subjects of jobs that ended; a row that a newer job took over is not theirs
with ended as (
  select i.job_id, e.status, e.error
    from ingest i join unnest(:job_ids::uuid[], :statuses::text[], :errors::jsonb[]) as e (job_id, status, error) using (job_id)
   where i.status = 'running' order by i.job_id for no key update of i)
update ingest i set status = ended.status, error = ended.error, completed_at = now()
  from ended where i.job_id = ended.job_id;
