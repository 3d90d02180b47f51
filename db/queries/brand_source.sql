-- name: list_sources    Return all sources of a project's brand.
select source, fields, media, profile, url, job_id, updated_at as at
  from brand_source
 where organization_id = :org
   and project_id = :project_id;

-- name: put_source    Replace one source's row.
insert into brand_source (organization_id, project_id, source, fields, media, profile, url, job_id, visit)
values (:org, :project_id, :source, :fields, :media, :profile, :url, :job_id, :visit)
on conflict (organization_id, project_id, source) do update
   set fields = excluded.fields,
       media = excluded.media,
       profile = excluded.profile,
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

-- name: list_corrected_brands
-- Return the sources of other active projects' brands, the last ones that the partner edited.
with edited as materialized (
    select own.project_id, own.updated_at
      from brand_source own
      join project p
        on p.organization_id = own.organization_id
       and p.id = own.project_id
       and p.status = 'active'
     where own.organization_id = :org
       and own.source = 'partner'
       and own.project_id <> :project_id
     order by own.updated_at desc, own.project_id desc
     limit :limit
)
select brand.project_id, brand.source, brand.fields, brand.url, brand.job_id, brand.updated_at as at
  from edited
  join brand_source brand on brand.organization_id = :org and brand.project_id = edited.project_id
 order by edited.updated_at desc, brand.project_id desc;
