-- The phase of a job: where an open job is between its submission and its end. It follows from columns that no
-- clock changes, so a job's phase changes only together with its version. Postgres inlines the function.
-- `started_at` is null until the first pull; another time for a post resets it (`move_job` in job.sql).
create function job_phase(state text, stage text, started_at timestamptz) returns text
language sql immutable parallel safe
return case when state <> 'queued' then state
            when stage <> 'scheduled' then 'queued'
            when started_at is null then 'scheduled'
            else 'waiting' end;

-- Jobs that wait for a time, by phase: a tenant may have many, and no cap bounds them. An entry costs only jobs that wait so.
create index job_put_off on job (organization_id, (started_at is null), id desc) where stage = 'scheduled' and not internal;

create or replace view partner_job as
select organization_id, project_id, id, kind,
       case when finished_at is null then 'running' else state end as status, stage, state_version as version, progress,
       attempt, max_attempts, cancel_requested_at is not null as cancel_requested, retry_of,
       created_at, finished_at, result, error, state, job_phase(state, stage, started_at) as phase
  from job where not internal;
