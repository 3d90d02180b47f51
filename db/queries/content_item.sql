-- name: insert_content
-- Insert content, pending or not by the project's policy. The project is locked, so its policy stays; a
-- concurrent approval that this statement doesn't see counts as later.
insert into content_item (organization_id, project_id, id, format, status, creative_type, hook, caption,
                          job_id, influencer_id, ai_declared, approval_status)
select p.organization_id, p.id, :id, :format, :status, :creative_type, :hook, :caption,
       :job_id, :influencer_id, :ai_declared,
       case when p.requires_approval
              or (select count(*)
                    from (
                           select
                             from content_item c
                            where c.organization_id = p.organization_id
                              and c.project_id = p.id
                              and c.approval_status = 'approved'
                            limit p.first_n_posts_blocked) passed) < p.first_n_posts_blocked
            then 'pending' else 'not_required' end
  from project p
 where p.organization_id = :org
   and p.id = :project_id;

-- name: find_project    Return the project of a content, which never changes.
select project_id
  from content_item
 where organization_id = :org
   and id = :id;

-- part: content    Content for partners.
c.id, c.project_id, c.format, c.status, c.hook, c.caption, c.approval_status, c.revision, c.creative_type,
       c.made_by, c.ai_declared, c.influencer_id, c.job_id, c.last_error, c.created_at, c.updated_at,
       (select coalesce(jsonb_agg(jsonb_build_object(
                 'id', a.id, 'kind', a.kind, 'mimeType', a.mime_type, 'width', a.width,
                 'height', a.height, 'durationMs', a.duration_ms, 'sizeBytes', a.size_bytes,
                 'checksumSha256', encode(a.sha256, 'hex'), 'token', a.token, 'thumbnail', t.token)
                 order by a.position), '[]')
          from content_asset a
          left join asset_thumbnail t on t.organization_id = a.organization_id and t.asset_id = a.id
         where a.organization_id = c.organization_id
           and a.content_id = c.id) as assets,
       (select jsonb_build_object(
                 'decision', d.decision, 'revision', d.revision, 'note', d.note, 'decidedAt', d.created_at,
                 'decidedBy', d.api_key_id)
          from approval_decision d
         where d.organization_id = c.organization_id
           and d.content_id = c.id
         order by d.revision desc
         limit 1) as decision,
       (select jsonb_build_object(
                 'provenance', g.provenance, 'look', g.look, 'hookShape', g.hook_shape,
                 'hookIntent', g.hook_intent, 'picture', g.picture)
          from content_generation g
         where g.organization_id = c.organization_id
           and g.content_id = c.id
         order by g.provenance is not null desc, g.revision desc
         limit 1) as generation

-- part: page
-- Remaining filters of each search of a page. Each search leads with one filter, which has an index. A null
-- filter matches all rows. Inside `coalesce` the planner tries no index and estimates half of the rows, not
-- almost none. A period uses the row's own time, and its id, which every index contains although another
-- clock set it. (A custom plan drops null filters and finds the period by the index, which is cheaper.)
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and (:from_id::uuid is null or id >= :from_id)
      and coalesce(created_at >= :since::timestamptz, true)
      and coalesce(created_at < :until::timestamptz, true)
      and coalesce(status = any(:statuses::text[]), true)
      and coalesce(format = any(:formats::text[]), true)
      and coalesce(creative_type = any(:creative_types::text[]), true)
    order by id desc
    limit :limit

-- name: get_content    Return a content.
select {content}
  from content_item c
 where c.organization_id = :org
   and c.id = :id;

-- part: search    A search of a project's contents.
select *
     from content_item
    where organization_id = :org
      and project_id = :project_id

-- name: list_content    Return a project's contents, newest first.
with page_rows as (
  -- Only one of the five searches runs: each has an index, and a combined filter would have none.
  ({search}
      and :approval_status::text is null
      and :status::text is null
      and :format::text is null
      and :creative_type::text is null
      {page})
  union all
  ({search}
      and approval_status = :approval_status
      {page})
  union all
  ({search}
      and status = :status
      {page})
  union all
  ({search}
      and format = :format
      {page})
  union all
  ({search}
      and creative_type = :creative_type
      {page}))
select {content}
  from page_rows c
 order by c.id desc;

-- part: of_each
-- The filters without an index of their own within project `o`, as a range over projects: an equality would
-- let a plan scan the rows of all projects.
and (project_id, id) < (o.id, coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
          and project_id >= o.id
          and (:from_id::uuid is null or id >= :from_id)
          and coalesce(created_at >= :since::timestamptz, true)
          and coalesce(created_at < :until::timestamptz, true)
          and coalesce(status = any(:statuses::text[]), true)
        order by project_id desc, id desc

-- part: newest_of_all    The newest rows of a search in all projects, twice a page.
select *
         from content_item
        where organization_id = :org
          and {condition}
          and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          and (:from_id::uuid is null or id >= :from_id)
          and coalesce(created_at >= :since::timestamptz, true)
          and coalesce(created_at < :until::timestamptz, true)
          and coalesce(status = any(:statuses::text[]), true)
        order by id desc
    limit 2 * :limit

-- part: newest_of_active
-- The newest rows of a search in active projects `o`, those with one of the newest first rows: a page can
-- contain no other project.
select c.*
     from (select o.id
             from project o
            cross join lateral (
               select id
                 from content_item
                where organization_id = :org
                  and {condition}
                  {of_each}
                limit 1) head
            where o.organization_id = :org
              and o.status = 'active'
              and not (select is_page from page_choice)
            order by head.id desc
            limit :limit) o
    cross join lateral (
       select *
         from content_item
        where organization_id = :org
          and {condition}
          {of_each}
        limit :limit) c
    order by c.id desc
    limit :limit

-- name: list_content_of_all    Return contents of all active projects, newest first.
with newest_rows as materialized (
  -- The newest rows of all projects, twice a page. They are whole rows, since a plan for an empty table can't
  -- look a row up by its id. Only one of the three searches runs: each has an index, and a combined filter
  -- would have none.
  ({newest_of_all: :approval_status::text is null and :status::text is null})
  union all
  ({newest_of_all: :approval_status is not null and approval_status = :approval_status})
  union all
  ({newest_of_all: :status is not null and status = :status})),
active_rows as materialized (
  select w.*
    from newest_rows w
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
  -- Whether the active rows fill the page. Otherwise most of the newest rows are of archived projects.
  select (select count(*) from newest_rows) < 2 * :limit
         or (select count(*) from active_rows) >= :limit as is_page),
page_rows as (
  -- The page, or the newest rows of active projects without a read of archived ones.
  (select *
     from active_rows
    where (select is_page from page_choice))
  union all
  ({newest_of_active: :approval_status is null and :status is null})
  union all
  ({newest_of_active: :approval_status is not null and approval_status = :approval_status})
  union all
  ({newest_of_active: :status is not null and status = :status}))
select {content}
  from page_rows c
 order by c.id desc;

-- name: lock_content    Lock a content before an edit or a decision.
select c.organization_id, c.project_id, c.id, c.status, c.format, c.caption, c.approval_status, c.revision,
       c.creative_type, c.made_by, c.ai_declared,
       exists (
         select
           from job j
          where j.organization_id = c.organization_id
            and j.id = c.job_id
            and j.finished_at is null) as in_the_making
  from content_item c
 where c.organization_id = :org
   and c.id = :id
   for no key update of c;

-- name: edit_content    Store an edit of a content as a new revision.
update content_item
   set caption = :caption,
       ai_declared = :ai_declared,
       approval_status = :approval_status,
       revision = revision + 1,
       updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: decide_content    Store the approval status of a content.
update content_item
   set approval_status = :approval_status, updated_at = now()
 where organization_id = :org
   and id = :id;
