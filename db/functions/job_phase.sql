-- revision 1
-- Return the phase of a job: for an open job, its place between submission and end. It depends on columns that no clock
-- changes, so a job's phase changes only together with its version. Postgres inlines the function.
-- `started_at` is null until the first pull; another time for a post resets it (`move_job` in job.sql).
create or replace function job_phase(state text, stage text, started_at timestamptz) returns text
language sql immutable parallel safe
return case when state <> 'queued' then state
            when stage <> 'scheduled' then 'queued'
            when started_at is null then 'scheduled'
            else 'waiting' end;
