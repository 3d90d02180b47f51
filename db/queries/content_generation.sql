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

-- name: finish_generation    its files are the content's
update content_generation
   set provenance = :provenance
 where organization_id = :org
   and content_id = :content_id
   and revision = :revision;

-- name: complete_content
update content_item
   set status = 'completed', hook = :hook, caption = :caption, approval_status = :approval_status,
       last_error = null, updated_at = now()
 where organization_id = :org
   and id = :content_id;

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
