-- The worker that completed the job at its first start (fence 1). That attempt has no row in `job_attempt`, since the job's row
-- has its data. No index includes the column, so a settlement adds no index entry for it.
alter table job add column completed_by uuid;

-- All ended attempts.
create view ended_attempt as
select organization_id, job_id, fence, attempt, worker_id, started_at, ended_at, outcome, error
  from job_attempt
 union all
select organization_id, id, fence, attempt, completed_by, started_at, finished_at, 'completed', null
  from job
 where completed_by is not null;

-- `settle_jobs` emits the events of jobs with `completed_by` in its own statement, which costs less than a trigger for each row.
create or replace trigger tell_ended
 after update of finished_at on job
   for each row
  when (new.finished_at is not null and old.finished_at is null and not new.internal and new.completed_by is null)
       execute function tell_webhooks('job');

-- No release since f87eb061 calls these overloads.
drop function if exists pull_jobs(text, uuid, integer, text[], double precision[]);
drop function if exists wake_lines(text, uuid[]);
