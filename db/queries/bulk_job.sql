-- Jobs that one request stops.

-- name: list_cancelable    open ones that nobody asked to cancel yet, the oldest first
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

-- name: find_retryable    of those that ended without success and that nothing repeats, the oldest first
with looked as materialized (
  -- The next `depth` behind the cursor, whatever they are: a filter that few pass is as bounded as any.
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
found as (
  -- Of these what passes; a filter that is null lets all pass.
  select id
    from looked
   where not retried
     and not internal
     and kind = any(:kinds::text[])
     and coalesce(project_id = :project_id::uuid, true)
     and coalesce(code = :error_code::text, true)
     and coalesce(created_at >= :since::timestamptz, true)
     and coalesce(created_at < :until::timestamptz, true)
   order by id
   limit :limit)
select array(select id from found order by id) as ids,
       (select id from looked order by id offset :depth - 1 limit 1) as last_id;

-- name: list_projects    of these jobs, in the order in which projects are locked
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

-- name: list_origins    of jobs that this transaction has locked
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

-- name: list_accounts    of the posts of these jobs
select distinct p.social_account_id
  from unnest(:ids::uuid[]) as asked_id
 cross join lateral (
         select social_account_id
           from scheduled_post
          where organization_id = :org
            and job_id = asked_id
          limit 1) p;
