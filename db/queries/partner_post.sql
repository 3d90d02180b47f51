-- Posts as partners see them. A post that waits in an archived project is canceled: from the archive's commit
-- on, whenever its job comes to write that down.

-- part: stopped    canceled by the archive of its project `o`, and not yet written down
o.status = 'archived' and p.status in ('blocked', 'queued')

-- part: post    a post as partners see it
-- `schedule_passed`: approved, but not before its time. `ai_origin`: what the AI label of an unsent post
-- follows from.
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

-- part: shown_status    a post's status for a filter
(case when status in ('blocked', 'queued') and (select o.status from o) = 'archived' then 'canceled'
                     else status end)

-- part: page    the rest of each search of a page
-- Of the filters one leads, with an index of its own. The others let all pass for a null; as `coalesce` no
-- index is tried for them, and the planner takes them to let half of the rows pass, not next to none.
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and coalesce(social_account_id = :account_id::uuid, true)
      and coalesce({shown_status} = any(:statuses::text[]), true)
      and coalesce(scheduled_for >= :since::timestamptz, true)
      and coalesce(scheduled_for < :until::timestamptz, true)
    order by id desc
    limit :limit

-- part: page_of_all    the rest of each search of a page over all projects
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          and coalesce(scheduled_for >= :since::timestamptz, true)
          and coalesce(scheduled_for < :until::timestamptz, true)
        order by id desc

-- part: newest    of the active projects `o` whose newest post is among the newest: a page has no others
where o.organization_id = :org
              and o.status = 'active'
              and not (select by_time or is_page from led)
            order by head.id desc
            limit :limit) o

-- name: get_post
select {post}
  from scheduled_post p
  join project o on o.organization_id = p.organization_id and o.id = p.project_id
 where p.organization_id = :org
   and p.id = :id;

-- name: list_posts    newest first
with o as materialized (
  -- Their project.
  select status, archived_at
    from project
   where organization_id = :org
     and id = :project_id),
timed as materialized (
  -- Posts of the period, at most `most`, whole: a plan made for an empty table finds no row by its id.
  select *
    from scheduled_post
   where organization_id = :org
     and project_id = :project_id
     and (:since::timestamptz is not null or :until::timestamptz is not null)
     and scheduled_for >= coalesce(:since, '-infinity')
     and scheduled_for < coalesce(:until, 'infinity')
   limit :most),
chosen as materialized (
  -- Whether the period leads: whatever else is asked for, that many posts are read one by one.
  select count(*) < :most and (:since is not null or :until is not null) as by_time
    from timed),
found as (
  -- One of the searches is begun: each has an index, and a plan for all at once would have none. Two are for
  -- what is canceled in an archived project: some of it is not written down yet, and none may be missed.
  (select *
     from timed
    where (select by_time from chosen)
      and coalesce(content_id = :content_id::uuid, true)
      and coalesce({shown_status} = :status::text, true)
      {page})
  union all
  (select *
     from scheduled_post
    where organization_id = :org
      and project_id = :project_id
      and not (select by_time from chosen)
      and :content_id::uuid is null
      and :account_id::uuid is null
      and :status::text is null
      {page})
  union all
  (select *
     from scheduled_post
    where organization_id = :org
      and project_id = :project_id
      and not (select by_time from chosen)
      and status = :status
      and ((select o.status from o) <> 'archived' or :status not in ('blocked', 'queued'))
      {page})
  union all
  (select *
     from scheduled_post
    where organization_id = :org
      and project_id = :project_id
      and not (select by_time from chosen)
      and status in ('blocked', 'queued')
      and :status = 'canceled'
      and (select status from o) = 'archived'
      {page})
  union all
  (select *
     from scheduled_post
    where organization_id = :org
      and project_id = :project_id
      and not (select by_time from chosen)
      and :content_id::uuid is null
      and social_account_id = :account_id
      {page})
  union all
  (select *
     from scheduled_post
    where organization_id = :org
      and project_id = :project_id
      and not (select by_time from chosen)
      and content_id = :content_id
      {page}))
select {post}
  from found p
 cross join o
 order by p.id desc;

-- name: list_posts_of_all    of all active projects, newest first
with timed as materialized (
  -- Posts of the period, at most `most`, project by project: their index has the project before the time.
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
chosen as materialized (
  -- Whether the period leads: whatever else is asked for, that many posts are read one by one.
  select count(*) < :most and (:since is not null or :until is not null) as by_time
    from timed),
walked as materialized (
  -- The newest posts of all projects, twice a page, whole as above. What waits for its time isn't looked for
  -- so. One of the two searches is begun: each has an index, and a plan for both at once would have none.
  (select *
         from scheduled_post
        where organization_id = :org
          and not (select by_time from chosen)
          and coalesce(:status::text, 'published') = 'published'
          and coalesce(status = :status, true)
          {page_of_all}
    limit 2 * :limit)
  union all
  (select *
         from scheduled_post
        where organization_id = :org
          and not (select by_time from chosen)
          and status = :status
          and status not in ('queued', 'published')
          {page_of_all}
    limit 2 * :limit)),
active as materialized (
  -- Those of active projects.
  select w.*
    from walked w
   cross join lateral (
           select
             from project
            where organization_id = :org
              and id = w.project_id
              and status = 'active'
           offset 0) o
   order by w.id desc
   limit :limit),
led as materialized (
  -- Whether the period leads; whether they are the page. Else archived projects have most of what was walked.
  select by_time,
         not by_time
           and coalesce(:status <> 'queued', true)
           and ((select count(*) from walked) < 2 * :limit
                or (select count(*) from active) >= :limit) as is_page
    from chosen),
found as (
  -- The posts of the period, the page, or the newest posts of active projects.
  (select *
         from timed
        where (select by_time from led)
          and coalesce(status = :status, true)
          {page_of_all}
    limit :limit)
  union all
  (select *
     from active
    where (select is_page from led))
  union all
  (select p.*
     from (select o.id
             from project o
            cross join lateral (
               select id
                 from scheduled_post
                where organization_id = :org
                  and :status is null
                  and project_id = o.id
                  {page_of_all}
                limit 1) head
            {newest}
    cross join lateral (
       select *
         from scheduled_post
        where organization_id = :org
          and :status is null
          and project_id = o.id
          {page_of_all}
        limit :limit) p
    order by p.id desc
    limit :limit)
  union all
  (select p.*
     from (select o.id
             from project o
            cross join lateral (
               select id
                 from scheduled_post
                where organization_id = :org
                  and status = :status
                  and project_id = o.id
                  {page_of_all}
                limit 1) head
            {newest}
    cross join lateral (
       select *
         from scheduled_post
        where organization_id = :org
          and status = :status
          and project_id = o.id
          {page_of_all}
        limit :limit) p
    order by p.id desc
    limit :limit))
select {post}
  from found p
  join project o on o.organization_id = :org and o.id = p.project_id
 order by p.id desc;
