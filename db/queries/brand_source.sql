-- name: list_sources
select source, fields, media, url, job_id, updated_at as at
  from brand_source
 where organization_id = :org
   and project_id = :project_id;

-- name: put_source    a source's row is replaced whole, by itself alone
insert into brand_source (organization_id, project_id, source, fields, media, url, job_id, visit)
values (:org, :project_id, :source, :fields, :media, :url, :job_id, :visit)
on conflict (organization_id, project_id, source) do update
   set fields = excluded.fields,
       media = excluded.media,
       url = excluded.url,
       job_id = excluded.job_id,
       visit = excluded.visit,
       updated_at = now();

-- name: get_visit
select visit
  from brand_source
 where organization_id = :org
   and project_id = :project_id
   and source = :source;

-- name: delete_source
delete from brand_source
 where organization_id = :org
   and project_id = :project_id
   and source = :source;
