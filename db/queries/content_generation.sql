-- name: insert_generation    of a revision; one that was never made is asked for anew
insert into content_generation (organization_id, content_id, revision, job_id, brief)
values (:org, :content_id, :revision, :job_id, :brief)
on conflict (organization_id, content_id, revision) do update
   set job_id = excluded.job_id, brief = excluded.brief;

-- name: begin_generation    by an attempt of its job
with begun as (
  -- From now on it is worked on.
  update content_item
     set status = 'processing', updated_at = now()
   where organization_id = :org
     and id = :content_id
     and status = 'queued')
select brief
  from content_generation
 where organization_id = :org
   and content_id = :content_id
   and revision = :revision;

-- name: count_lost    of files that a brief names, those that are nobody's any more
select count(*)
  from unnest(:tokens::text[]) as t (token)
 where not exists (
         select
           from content_asset a
          where a.organization_id = :org
            and a.token = t.token)
   and not exists (
         select
           from app_media m
          where m.organization_id = :org
            and m.token = t.token)
   and not exists (
         select
           from media_upload u
          where u.organization_id = :org
            and u.token = t.token);

-- name: finish_generation    its files are the content's
update content_generation
   set provenance = :provenance
 where organization_id = :org
   and content_id = :content_id
   and revision = :revision;

-- name: complete_content    with a revision's files and texts
update content_item
   set status = 'completed', hook = :hook, caption = :caption, last_error = null, revision = :revision,
       approval_status = :approval_status, made_by = :made_by, ai_declared = :ai_declared, updated_at = now()
 where organization_id = :org
   and id = :content_id;

-- name: restart_content    one with files keeps them, and stays what it is, until its next revision is there
update content_item
   set job_id = :job_id,
       last_error = null,
       status = case when status in ('failed', 'canceled') then 'queued' else status end,
       updated_at = now()
 where organization_id = :org
   and id = :content_id;

-- name: get_latest    brief of a content, and which revision would be made next; no row: it was uploaded
select g.brief,
       c.revision + exists (
         select
           from content_generation m
          where m.organization_id = c.organization_id
            and m.content_id = c.id
            and m.provenance is not null)::integer as next_revision
  from content_item c
  join content_generation g on g.organization_id = c.organization_id and g.content_id = c.id
 where c.organization_id = :org
   and c.id = :content_id
 order by g.revision desc
 limit 1;

-- name: retry_generation
update content_generation
   set job_id = :job_id
 where organization_id = :org
   and content_id = :content_id
   and revision = :revision
   and job_id = :retry_of
   and provenance is null;

-- name: get_progress    of the job that makes a content, where one does
select c.status, c.updated_at, j.finished_at is null as runs, j.stage, j.progress,
       extract(epoch from now() - j.attempt_started_at)::float as ran_s, now() as now
  from content_item c
  left join job j on j.organization_id = c.organization_id and j.id = c.job_id
 where c.organization_id = :org
   and c.id = :content_id;

-- name: end_contents    as their jobs ended; one with files keeps them, one of a newer job is not theirs
with ended as materialized (
  -- The contents of these jobs, locked in an order, with their jobs' end.
  select c.organization_id, c.id, j.state, j.error
    from unnest(:orgs::uuid[], :job_ids::uuid[]) as t (org, job_id)
    join content_generation g on g.organization_id = t.org and g.job_id = t.job_id
    join content_item c on c.organization_id = g.organization_id and c.id = g.content_id
                       and c.job_id = g.job_id
    join job j on j.organization_id = t.org and j.id = t.job_id
   order by c.organization_id, c.id
     for no key update of c
)
update content_item c
   set status = case when c.status in ('queued', 'processing') then e.state else c.status end,
       last_error = e.error,
       updated_at = now()
  from ended e
 where c.organization_id = e.organization_id
   and c.id = e.id;

-- name: list_origins_of_clip    of the content whose file is the clip of an item's last revision
select c.creative_type, c.made_by, c.ai_declared
  from (
         select brief->'files'->>'clip' as clip
           from content_generation
          where organization_id = :org
            and content_id = :id
            and provenance is not null
          order by revision desc
          limit 1) g
 cross join lateral (
         select content_id
           from media_file
          where organization_id = :org
            and token = g.clip
         offset 0) f
  join content_item c on c.organization_id = :org and c.id = f.content_id;
