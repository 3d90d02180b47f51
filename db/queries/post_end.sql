-- The end of posts with their jobs.

-- name: lock_accounts_of_jobs    Lock the accounts of these jobs' posts, before the posts.
select a.id, a.turn_post_id as head_post_id
  from unnest(:orgs::uuid[], :job_ids::uuid[]) as t (org, job_id)
  join scheduled_post p on p.organization_id = t.org
                       and p.job_id = t.job_id
                       and p.status in ('queued', 'publishing')
  join social_account a on a.organization_id = p.organization_id and a.id = p.social_account_id
 order by a.organization_id, a.id
   for no key update of a;

-- name: end_posts    End posts with their failed or canceled jobs.
with open_posts as materialized (
  -- From `sending` on a platform may have the post. Before, an archive has canceled it, for any job's end.
  select p.organization_id, p.id, o.archived_at, j.error,
         case when p.phase in ('sending', 'accepted', 'confirming') then 'outcome_unknown'
              when o.status = 'archived' then 'canceled'
              else j.state end as status
    from unnest(:orgs::uuid[], :job_ids::uuid[]) as t (org, job_id)
    join job j on j.organization_id = t.org and j.id = t.job_id and j.state in ('failed', 'canceled')
    join scheduled_post p on p.organization_id = t.org and p.job_id = t.job_id
    join project o on o.organization_id = t.org and o.id = p.project_id
   where p.status in ('queued', 'publishing')
   order by p.organization_id, p.id
     for no key update of p),
post_ends as (
  -- An error that the sending stored has more detail than the job's of the same code.
  select h.organization_id, h.id, h.status,
         case when h.status <> 'canceled' then h.error end as error,
         case h.status when 'canceled' then coalesce(h.archived_at, now()) end as canceled_at,
         case when h.status = 'canceled' and h.archived_at is not null then 'project_archived'
              when h.status = 'canceled' then 'job_canceled' end as cancel_reason,
         h.error || jsonb_build_object(
           'category', case h.error->>'code' when 'DEADLINE' then 'too_late' else 'unknown' end) as last_error
    from open_posts h)
update scheduled_post p
   set status = e.status,
       sealed = null,
       vault_key_id = null,
       canceled_at = e.canceled_at,
       cancel_reason = e.cancel_reason,
       last_error = case when e.error is null or e.error->>'code' = p.last_error->>'code' then p.last_error
                         else e.last_error end,
       version = p.version + 1,
       updated_at = now()
  from post_ends e
 where p.organization_id = e.organization_id
   and p.id = e.id
returning p.organization_id, p.project_id, p.id, p.status,
          coalesce(p.cancel_reason, e.error->>'code') as reason, now() as now;
