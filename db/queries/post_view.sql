-- Posts for partners. A waiting post of an archived project is shown as canceled from the archive's commit
-- on, before the archive's job stores that.

-- part: stopped    Canceled by the archive of its project `o`, and not stored as such yet.
o.status = 'archived' and p.status in ('blocked', 'queued')

-- part: post
-- A post for partners. `schedule_passed`: it was approved, but after its time. `ai_origin`: origin of the AI
-- label of an unsent post.
p.id, p.content_id, p.project_id, p.social_account_id, p.platform, p.mode, p.privacy_level,
       case when {stopped} then 'canceled' else p.status end as status,
       p.status = 'blocked' and o.status <> 'archived' and not p.caption_pending and (
         select c.approval_status in ('approved', 'not_required')
           from content_item c
          where c.organization_id = p.organization_id
            and c.id = p.content_id) as schedule_passed,
       p.job_id, p.scheduled_for, p.caption_override,
       p.status = 'blocked' and o.status <> 'archived' and p.caption_pending as caption_pending,
       p.attempted_at, p.published_at,
       case when {stopped} then o.archived_at else p.canceled_at end as canceled_at,
       case when {stopped} then 'project_archived' else p.cancel_reason end as cancel_reason,
       p.external_id, p.external_url, p.last_error, p.ai_label,
       case when p.status in ('blocked', 'queued', 'failed', 'canceled') then (
         select jsonb_build_object('format', c.format, 'creativeType', c.creative_type, 'madeBy', c.made_by,
                                   'aiDeclared', c.ai_declared)
           from content_item c
          where c.organization_id = p.organization_id
            and c.id = p.content_id) end as ai_origin,
       p.created_at,
       case when {stopped} then greatest(p.updated_at, o.archived_at) else p.updated_at end as updated_at,
       p.version + ({stopped})::int as version

-- part: shown_status    Status of a post for a filter.
(case when status in ('blocked', 'queued') and (select o.status from o) = 'archived' then 'canceled'
                     else status end)

-- part: page
-- Remaining filters of each search of a page. Each search leads with one filter, which has an index. A null
-- filter matches all rows. Inside `coalesce` the planner tries no index and estimates half of the rows, not
-- almost none.
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and coalesce(social_account_id = :account_id::uuid, true)
      and coalesce({shown_status} = any(:statuses::text[]), true)
      and coalesce(scheduled_for >= :since::timestamptz, true)
      and coalesce(scheduled_for < :until::timestamptz, true)
    order by id desc
    limit :limit

-- part: page_of_all    Remaining filters of each search of a page over all projects.
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          and coalesce(scheduled_for >= :since::timestamptz, true)
          and coalesce(scheduled_for < :until::timestamptz, true)
        order by id desc

-- part: newest_of_all    The newest posts of a search in all projects, twice a page.
select *
         from scheduled_post
        where organization_id = :org
          and not (select by_time from lead)
          and {condition}
          {page_of_all}
    limit 2 * :limit

-- part: newest_of_active
-- The newest posts of a search in active projects `o`, those with one of the newest first posts: a page can
-- contain no other project.
select p.*
     from (select o.id
             from project o
            cross join lateral (
               select id
                 from scheduled_post
                where organization_id = :org
                  and {condition}
                  and project_id = o.id
                  {page_of_all}
                limit 1) head
            where o.organization_id = :org
              and o.status = 'active'
              and not (select by_time or is_page from page_choice)
            order by head.id desc
            limit :limit) o
    cross join lateral (
       select *
         from scheduled_post
        where organization_id = :org
          and {condition}
          and project_id = o.id
          {page_of_all}
        limit :limit) p
    order by p.id desc
    limit :limit

-- name: get_post    Return a post.
select {post}
  from scheduled_post p
  join project o on o.organization_id = p.organization_id and o.id = p.project_id
 where p.organization_id = :org
   and p.id = :id;

-- part: search    A search by another filter than the period.
select *
     from scheduled_post
    where organization_id = :org
      and project_id = :project_id
      and not (select by_time from lead)

-- name: list_posts    Return a project's posts, newest first.
with o as materialized (
  -- Their project.
  select status, archived_at
    from project
   where organization_id = :org
     and id = :project_id),
period_posts as materialized (
  -- At most `most` posts of the period, as whole rows, since a plan for an empty table can't look a row up by
  -- its id.
  select *
    from scheduled_post
   where organization_id = :org
     and project_id = :project_id
     and (:since::timestamptz is not null or :until::timestamptz is not null)
     and scheduled_for >= coalesce(:since, '-infinity')
     and scheduled_for < coalesce(:until, 'infinity')
   limit :most),
lead as materialized (
  -- Whether the period leads: then its few posts are read one by one under any other filter.
  select count(*) < :most and (:since is not null or :until is not null) as by_time
    from period_posts),
page_posts as (
  -- Only the matching searches run: each has an index, and a combined filter would have none. Two of them
  -- find the canceled posts of an archived project, some of which are not stored as canceled yet.
  (select *
     from period_posts
    where (select by_time from lead)
      and coalesce(content_id = :content_id::uuid, true)
      and coalesce({shown_status} = :status::text, true)
      {page})
  union all
  ({search}
      and :content_id::uuid is null
      and :account_id::uuid is null
      and :status::text is null
      {page})
  union all
  ({search}
      and status = :status
      and ((select o.status from o) <> 'archived' or :status not in ('blocked', 'queued'))
      {page})
  union all
  ({search}
      and status in ('blocked', 'queued')
      and :status = 'canceled'
      and (select status from o) = 'archived'
      {page})
  union all
  ({search}
      and :content_id::uuid is null
      and social_account_id = :account_id
      {page})
  union all
  ({search}
      and content_id = :content_id
      {page}))
select {post}
  from page_posts p
 cross join o
 order by p.id desc;

-- name: list_posts_of_all    Return posts of all active projects, newest first.
with period_posts as materialized (
  -- At most `most` posts of the period, project by project: the index has the project before the time.
  select t.*
    from project j
   cross join lateral (
     select *
       from scheduled_post
      where organization_id = :org
        and project_id = j.id
        and scheduled_for >= coalesce(:since::timestamptz, '-infinity')
        and scheduled_for < coalesce(:until::timestamptz, 'infinity')
      limit :most) t
   where j.organization_id = :org
     and j.status = 'active'
     and (:since is not null or :until is not null)
   limit :most),
lead as materialized (
  -- Whether the period leads: then its few posts are read one by one under any other filter.
  select count(*) < :most and (:since is not null or :until is not null) as by_time
    from period_posts),
newest_posts as materialized (
  -- The newest posts of all projects, twice a page, as whole rows as above. Queued posts are not searched
  -- this way. Only one of the two searches runs: each has an index, and a combined filter would have none.
  ({newest_of_all: coalesce(:status::text, 'published') = 'published' and coalesce(status = :status, true)})
  union all
  ({newest_of_all: status = :status and status not in ('queued', 'published')})),
active_posts as materialized (
  select w.*
    from newest_posts w
   cross join lateral (
           select
             from project
            where organization_id = :org
              and id = w.project_id
              and status = 'active'
           offset 0) o
   order by w.id desc
   limit :limit),
page_choice as materialized (
  -- Whether the period leads, and whether the active posts fill the page. Otherwise most of the newest posts
  -- are of archived projects.
  select by_time,
         not by_time
           and coalesce(:status <> 'queued', true)
           and ((select count(*) from newest_posts) < 2 * :limit
                or (select count(*) from active_posts) >= :limit) as is_page
    from lead),
page_posts as (
  -- The posts of the period, the page, or the newest posts of active projects.
  (select *
         from period_posts
        where (select by_time from page_choice)
          and coalesce(status = :status, true)
          {page_of_all}
    limit :limit)
  union all
  (select *
     from active_posts
    where (select is_page from page_choice))
  union all
  ({newest_of_active: :status is null})
  union all
  ({newest_of_active: status = :status}))
select {post}
  from page_posts p
  join project o on o.organization_id = :org and o.id = p.project_id
 order by p.id desc;
