-- name: list_sources    Return all sources of a project's brand.
select source, fields, media, url, job_id, updated_at as at
  from brand_source
 where organization_id = :org
   and project_id = :project_id;

-- name: put_source    Replace one source's row.
insert into brand_source (organization_id, project_id, source, fields, media, url, job_id, visit)
values (:org, :project_id, :source, :fields, :media, :url, :job_id, :visit)
on conflict (organization_id, project_id, source) do update
   set fields = excluded.fields,
       media = excluded.media,
       url = excluded.url,
       job_id = excluded.job_id,
       visit = excluded.visit,
       updated_at = now();

-- name: get_visit    Return the crawl state of a source.
select visit
  from brand_source
 where organization_id = :org
   and project_id = :project_id
   and source = :source;

-- name: delete_source    Delete a source.
delete from brand_source
 where organization_id = :org
   and project_id = :project_id
   and source = :source;
