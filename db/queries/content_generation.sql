-- name: insert_generation
-- Insert the brief and the plan of a revision. An unfinished revision gets the new ones, and the new job.
insert into content_generation (organization_id, content_id, revision, job_id, brief, look, hook_shape,
                                hook_intent, picture)
values (:org, :content_id, :revision, :job_id, :brief, :look, :hook_shape, :hook_intent, :picture)
on conflict (organization_id, content_id, revision) do update
   set job_id = excluded.job_id,
       brief = excluded.brief,
       look = excluded.look,
       hook_shape = excluded.hook_shape,
       hook_intent = excluded.hook_intent,
       picture = excluded.picture;

-- name: begin_generation    Return the brief of a revision, and mark its content as processing.
with started_content as (
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

-- name: count_lost    Count the tokens of a brief without a file.
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

-- name: finish_generation    Mark a revision as generated, with its provenance, look, hook and first picture.
update content_generation
   set provenance = :provenance, look = :look, hook_shape = :hook_shape, hook_intent = :hook_intent,
       picture = :picture
 where organization_id = :org
   and content_id = :content_id
   and revision = :revision;

-- name: complete_content    Complete content with the texts of a revision.
update content_item
   set status = 'completed', hook = :hook, caption = :caption, last_error = null, revision = :revision,
       approval_status = :approval_status, made_by = :made_by, ai_declared = :ai_declared,
       approved_claim_ids = :approved_claim_ids, updated_at = now()
 where organization_id = :org
   and id = :content_id;

-- name: restart_content
-- Give content a new job; content with files keeps them, and its status, until the next revision.
update content_item
   set job_id = :job_id,
       last_error = null,
       status = case when status in ('failed', 'canceled') then 'queued' else status end,
       updated_at = now()
 where organization_id = :org
   and id = :content_id;

-- name: get_latest
-- Return the last brief of a content, and the number of its next revision. No row: it was uploaded.
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

-- name: retry_generation    Move an unfinished revision from a job to its retry.
update content_generation
   set job_id = :job_id
 where organization_id = :org
   and content_id = :content_id
   and revision = :revision
   and job_id = :retry_of
   and provenance is null;

-- name: get_progress    Return the progress of a content's job, if it has one.
select c.status, c.updated_at, j.finished_at is null as runs, j.stage, j.progress,
       extract(epoch from now() - j.attempt_started_at)::float as ran_s, now() as now
  from content_item c
  left join job j on j.organization_id = c.organization_id and j.id = c.job_id
 where c.organization_id = :org
   and c.id = :content_id;

-- name: end_contents
-- End contents with their failed or canceled jobs. Content with files keeps them; a newer job protects it.
with ended_contents as materialized (
  -- The order by prevents deadlocks.
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
  from ended_contents e
 where c.organization_id = e.organization_id
   and c.id = e.id;

-- name: list_origins_of_clip
-- Return the origin of the content that provides the clip of an item's last revision.
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
