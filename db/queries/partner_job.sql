-- part: job    a job as partners see it
j.id, j.project_id, j.kind, j.status, j.stage, j.version, j.progress, j.attempt, j.max_attempts,
       j.cancel_requested, j.retry_of, j.created_at, j.finished_at, j.result, j.error

-- part: filters    a filter that is null lets all pass
and (:before::uuid is null or j.id < :before)
   and (:kind::text is null or j.kind = :kind)
   and (:status::text is null or j.status = :status)
   and (:stage::text is null or j.stage = :stage)

-- name: get_job
select {job}
  from partner_job j
 where j.organization_id = :org
   and j.id = :id;

-- name: get_jobs    as many rows as there are ids, in their order
select {job}
  from unnest(:orgs::uuid[], :ids::uuid[]) with ordinality as asked (org, id, place)
  left join partner_job j on j.organization_id = asked.org and j.id = asked.id
 order by asked.place;

-- name: list_jobs    newest first
select {job}
  from partner_job j
 where j.organization_id = :org
   {filters}
 order by j.id desc
 limit :limit;

-- name: list_jobs_of_project    a statement of its own, for its index
select {job}
  from partner_job j
 where j.organization_id = :org
   and j.project_id = :project_id
   {filters}
 order by j.id desc
 limit :limit;
