-- History of a job or a post, from rows that are written anyway. `rank` and `place` order entries with the
-- same time.

-- part: attempts    Starts and ends of the jobs' attempts; a running one is in its job's row.
select started_at as at, 1 as rank, lpad(fence::text, 20, '0') as place, 'attempt_started' as type, job_id,
       kind, attempt, fence, worker_id, null::text as outcome, null::jsonb as error, null::jsonb as details
  from past
 union all
select attempt_started_at, 1, lpad(fence::text, 20, '0'), 'attempt_started', id, kind,
       attempt, fence, lease_owner, null, null, null
  from jobs
 where attempt_started_at is not null
 union all
select ended_at, case kind when 'reconcile_post' then 1 else 3 end, lpad(fence::text, 20, '0'),
       'attempt_ended', job_id, kind, attempt, fence, worker_id, outcome, error,
       case kind when 'reconcile_post' then result end
  from past

-- part: past    Ended attempts of the jobs, the oldest first.
past as materialized (
  select a.*, j.kind, j.result
    from jobs j
   cross join lateral (
           select *
             from ended_attempt
            where organization_id = j.organization_id
              and job_id = j.id
            order by fence
            limit :most) a)

-- name: list_job_entries    Return the entries of a job; of an internal one only with `internal`.
with jobs as materialized (
  select *
    from job
   where organization_id = :org
     and id = :id
     and (not internal or :internal::boolean)),
{past}
select e.at, e.rank, e.place, e.type, e.job_id, e.kind, e.attempt, e.fence, e.worker_id, e.outcome, e.error,
       e.details
  from (
         select created_at as at, 0 as rank, '' as place, 'submitted' as type, id as job_id, kind,
                null::int as attempt, null::bigint as fence, null::uuid as worker_id, null::text as outcome,
                null::jsonb as error, jsonb_strip_nulls(jsonb_build_object('retryOf', retry_of)) as details
           from jobs
          union all
         {attempts}
          union all
         select s.created_at, 2, s.name, 'step_committed', j.id, j.kind, null, null, null, null, null,
                jsonb_build_object('step', s.name)
           from jobs j
           join job_step s on s.organization_id = j.organization_id and s.job_id = j.id
          union all
         select cancel_requested_at, 2, '', 'cancel_requested', id, kind, null, null, null, null, null, null
           from jobs
          where cancel_requested_at is not null
          union all
         select finished_at, 4, '', state, id, kind, null, null, null, null, error, null
           from jobs
          where finished_at is not null) e
 order by e.at, e.rank, e.place
 limit :most;

-- name: list_post_entries
-- Return the entries of a post, with its content's decisions, its jobs and its reconciliation jobs.
with post as materialized (
  select organization_id, project_id, id, content_id, job_id
    from scheduled_post
   where organization_id = :org
     and id = :id),
candidate_jobs as materialized (
  -- Jobs of its project submitted after the post, and after its time; only the first `searched` of each are
  -- scanned.
  select j.*
    from post p
   cross join lateral (
           (select *
              from job
             where organization_id = p.organization_id
               and project_id = p.project_id
               and id >= :made_from
             order by id
             limit :searched)
            union all
           (select *
              from job
             where organization_id = p.organization_id
               and project_id = p.project_id
               and id >= :due_from
             order by id
             limit :searched)
            union all
           (select *
              from job
             where organization_id = p.organization_id
               and id = p.job_id
             limit 1)) j
   where j.kind in ('publish_post', 'reconcile_post')
     and j.args->>'post_id' = p.id::text),
jobs as materialized (
  select distinct on (id) *
    from candidate_jobs
   order by id),
{past}
select e.at, e.rank, e.place, e.type, e.job_id, e.kind, e.attempt, e.fence, e.worker_id, e.outcome, e.error,
       e.details
  from (
         {attempts}
          union all
         select v.created_at, 2, v.id::text, case v.type when 'sending' then 'call' else v.type end,
                null, null, null, null, null, null, null, v.details
           from post p
           join post_event v on v.organization_id = p.organization_id and v.post_id = p.id
          union all
         select d.created_at, 2, d.id::text, d.decision, null, null, null, null, null, null, null,
                jsonb_build_object('revision', d.revision, 'apiKeyId', d.api_key_id)
           from post p
           join approval_decision d
             on d.organization_id = p.organization_id
            and d.content_id = p.content_id) e
 order by e.at, e.rank, e.place
 limit :most;
