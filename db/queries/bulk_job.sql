-- Jobs of bulk cancels and bulk retries.

-- name: list_cancelable    Return open jobs without a cancel request, the oldest first.
select id
  from job
 where organization_id = :org
   and finished_at is null
   and cancelable
   and cancel_requested_at is null
   and not internal
   and kind = any(:kinds::text[])
   and coalesce(project_id = :project_id::uuid, true)
   and coalesce(stage = any(:stages::text[]), true)
   and coalesce(job_phase(state, stage, started_at) = any(:phases::text[]), true)
   and coalesce(created_at >= :since::timestamptz, true)
   and coalesce(created_at < :until::timestamptz, true)
 order by id
 limit :limit;

-- name: find_retryable
-- Return failed or canceled jobs without a retry, the oldest first, and the end of a full scan.
with scanned_jobs as materialized (
  -- The scan is bounded: the next `depth` jobs after the cursor, whether they match the filter or not.
  select j.*
    from unnest(:states::text[]) as s (wanted)
   cross join lateral (
           select id, project_id, kind, created_at, coalesce(error->>'code', '') as code, internal,
                  retried_as is not null as retried
             from job
            where organization_id = :org
              and state = wanted
              and state in ('failed', 'canceled')
              and id > coalesce(:after::uuid, '00000000-0000-0000-0000-000000000000')
              and id >= coalesce(:from_id::uuid, '00000000-0000-0000-0000-000000000000')
              and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
            order by id
            limit :depth) j
   order by j.id
   limit :depth),
retryable_jobs as (
  -- A null filter matches all rows.
  select id
    from scanned_jobs
   where not retried
     and not internal
     and kind = any(:kinds::text[])
     and coalesce(project_id = :project_id::uuid, true)
     and coalesce(code = :error_code::text, true)
     and coalesce(created_at >= :since::timestamptz, true)
     and coalesce(created_at < :until::timestamptz, true)
   order by id
   limit :limit)
select array(select id from retryable_jobs order by id) as ids,
       (select id from scanned_jobs order by id offset :depth - 1 limit 1) as last_id;

-- name: list_projects    Return the projects of these jobs, in the order of project locks.
select distinct j.project_id
  from unnest(:ids::uuid[]) as asked_id
 cross join lateral (
         select project_id
           from job
          where organization_id = :org
            and id = asked_id
          limit 1) j
 where j.project_id is not null
 order by j.project_id;

-- name: list_origins
-- Return these locked jobs with their retries and whether a later ingest supersedes them.
select j.id, j.kind, j.state, j.project_id, j.args, j.retried_as,
       exists (
         select
           from ingest i
          where i.organization_id = :org
            and i.project_id = j.project_id
            and 'ingest_' || i.source = j.kind
            and i.job_id <> j.id) as superseded
  from unnest(:ids::uuid[]) as asked_id
 cross join lateral (
         select id, kind, state, project_id, args, retried_as
           from job
          where organization_id = :org
            and id = asked_id
          limit 1) j
 order by j.id;

-- name: list_accounts    Return the accounts of these jobs' posts.
select distinct p.social_account_id
  from unnest(:ids::uuid[]) as asked_id
 cross join lateral (
         select social_account_id
           from scheduled_post
          where organization_id = :org
            and job_id = asked_id
          limit 1) p;
