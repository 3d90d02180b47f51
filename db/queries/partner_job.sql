-- name: get_job
select id, project_id, kind, status, stage, version, progress, attempt, max_attempts, cancel_requested,
       retry_of, created_at, finished_at, result, error
  from partner_job
 where organization_id = :org
   and id = :id;

-- name: get_jobs    as many rows as there are ids, in their order
select j.id, j.project_id, j.kind, j.status, j.stage, j.version, j.progress, j.attempt, j.max_attempts,
       j.cancel_requested, j.retry_of, j.created_at, j.finished_at, j.result, j.error
  from unnest(:orgs::uuid[], :ids::uuid[]) with ordinality as asked (org, id, place)
  left join partner_job j on j.organization_id = asked.org and j.id = asked.id
 order by asked.place;

-- name: list_jobs    newest first
select id, project_id, kind, status, stage, version, progress, attempt, max_attempts, cancel_requested,
       retry_of, created_at, finished_at, result, error
  from partner_job
 where organization_id = :org
   and (:before::uuid is null or id < :before)
   and (:kind::text is null or kind = :kind)
   and (:status::text is null or status = :status)
   and (:stage::text is null or stage = :stage)
 order by id desc
 limit :limit;

-- name: list_jobs_of_project    a statement of its own, for its index
select id, project_id, kind, status, stage, version, progress, attempt, max_attempts, cancel_requested,
       retry_of, created_at, finished_at, result, error
  from partner_job
 where organization_id = :org
   and project_id = :project_id
   and (:before::uuid is null or id < :before)
   and (:kind::text is null or kind = :kind)
   and (:status::text is null or status = :status)
   and (:stage::text is null or stage = :stage)
 order by id desc
 limit :limit;
