-- part: post    a post as partners see it; `schedule_passed`: all of it is approved, but was not before its time
p.id, p.content_id, p.project_id, p.social_account_id, p.platform, p.mode, p.privacy_level, p.status,
       p.status = 'blocked' and not p.caption_pending and (
         select c.approval_status in ('approved', 'not_required')
           from content_item c
          where c.organization_id = p.organization_id
            and c.id = p.content_id) as schedule_passed,
       p.job_id, p.scheduled_for, p.caption_override,
       p.status = 'blocked' and p.caption_pending as caption_pending, p.attempted_at, p.published_at,
       p.canceled_at, p.cancel_reason, p.external_id, p.external_url, p.last_error, p.created_at, p.updated_at,
       p.version

-- part: page    the rest of each search of a page
-- Of the filters one leads, with an index of its own. The others let all pass for a null; as `coalesce` no
-- index is tried for them, and the planner takes them to let half of the rows pass, not next to none.
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and coalesce(social_account_id = :account_id::uuid, true)
      and coalesce(status = any(:statuses::text[]), true)
      and coalesce(scheduled_for >= :since::timestamptz, true)
      and coalesce(scheduled_for < :until::timestamptz, true)
    order by id desc
    limit :limit

-- name: get_post
select {post}
  from scheduled_post p
 where p.organization_id = :org
   and p.id = :id;

-- name: list_posts    newest first
with found as (
  -- One of the four searches is begun: each has an index, and a plan for all at once would have none.
  (select *
     from scheduled_post
    where organization_id = :org
      and project_id = :project_id
      and :content_id::uuid is null
      and :account_id::uuid is null
      and :status::text is null
      {page})
  union all
  (select *
     from scheduled_post
    where organization_id = :org
      and project_id = :project_id
      and status = :status
      {page})
  union all
  (select *
     from scheduled_post
    where organization_id = :org
      and project_id = :project_id
      and :content_id::uuid is null
      and social_account_id = :account_id
      {page})
  union all
  (select *
     from scheduled_post
    where organization_id = :org
      and project_id = :project_id
      and content_id = :content_id
      {page}))
select {post}
  from found p
 order by p.id desc;
