-- revision 3
-- Apply the outcomes of many attempts, one element of the arrays each. Return a row for each attempt with a valid fencing
-- token.
-- An accepted cancel ends a job as canceled for any outcome. A snooze and an interruption give the attempt back. A job that
-- can't run again before its deadline fails. A job completed at its first start (fence 1) gets no row in `job_attempt`:
-- `completed_by` names its worker. Its webhook event is emitted here, not by the trigger. Planned once a session, as `claim_jobs`.
create or replace function settle_jobs(orgs uuid[], ids uuid[], fences bigint[], outcomes text[], results jsonb[], errors jsonb[],
                            afters_s double precision[], scheduled_after_s double precision, overdue jsonb)
returns table (organization_id uuid, project_id uuid, id uuid, kind text, fence bigint, state text, error jsonb)
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    return query
    with told as (
        select t.*, now() + t.after_s * interval '1 second' as next_at
          from unnest(orgs, ids, fences, outcomes, results, errors, afters_s) as t (org, id, fence, outcome, result, error, after_s)
         order by t.org, t.id),
    mine as materialized (
        select j.*, t.outcome, t.result, t.error, t.next_at,
               case when j.cancel then 'canceled'
                    when t.outcome in ('completed', 'failed', 'canceled') then t.outcome
                    when t.outcome = 'retry' and j.attempt >= j.max_attempts then 'failed'
                    when t.next_at >= j.deadline_at then 'overdue'
                    when t.after_s > scheduled_after_s then 'scheduled'
                    else 'queued' end as stage
          from told t
         cross join lateral (
            select j.organization_id, j.id, j.fence, j.attempt, j.max_attempts, j.lease_owner, j.attempt_started_at, j.deadline_at,
                   j.cancel_requested_at is not null as cancel
              from job j where j.organization_id = t.org and j.id = t.id and j.fence = t.fence and j.attempt_started_at is not null
               for no key update) j),
    judged as (
        select m.*, case m.stage when 'scheduled' then 'queued' when 'overdue' then 'failed' else m.stage end as state,
               case when m.stage = 'completed' and m.fence = 1 then m.lease_owner end as completed_by
          from mine m),
    history as (
        insert into job_attempt (organization_id, job_id, fence, attempt, worker_id, started_at, outcome, error)
        select m.organization_id, m.id, m.fence, m.attempt, m.lease_owner, m.attempt_started_at,
               case when m.stage in ('completed', 'failed', 'canceled') then m.stage else m.outcome end, m.error
          from judged m
         where m.completed_by is null),
    changed as (
        update job j
           set state = m.state, stage = case m.stage when 'overdue' then 'failed' else m.stage end,
               state_version = j.state_version + 1,
               progress = case m.state when 'completed' then 1 else j.progress end,
               result = case m.state when 'completed' then m.result end,
               error = case m.stage when 'failed' then m.error when 'overdue' then overdue end,
               run_at = case m.state when 'queued' then m.next_at else j.run_at end,
               attempt = j.attempt - (m.outcome in ('snoozed', 'interrupted'))::int,
               finished_at = case when m.state <> 'queued' then now() end,
               completed_by = m.completed_by, lease_owner = null, attempt_started_at = null, attempt_deadline_at = null
          from judged m where j.organization_id = m.organization_id and j.id = m.id
        returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.state, j.error, j.internal, j.completed_by),
    events as materialized (
        select emit_webhook_event(c.organization_id, c.project_id, 'job.completed', c.id, null, null)
          from changed c
         where c.completed_by is not null and not c.internal
           and exists (
                select from webhook_endpoint e
                 where e.organization_id = c.organization_id and e.deleted_at is null))
    select c.organization_id, c.project_id, c.id, c.kind, c.fence, c.state, c.error
      from changed c
     -- Always true. Postgres runs a CTE with a select only if the statement reads it, so this emits the events.
     where (select count(*) from events) >= 0;
end $$;
