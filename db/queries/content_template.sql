-- part: template    A template for its owner, with its version `v`.
t.id, t.project_id, t.name, v.version, v.header, t.created_at, v.created_at as version_created_at,
       t.deleted_at

-- name: find_by_name    Return the template of an owner by its name, with the html of its latest version.
select t.id, t.version, v.html
  from content_template t
  join content_template_version v on v.organization_id = t.organization_id and v.template_id = t.id
                                 and v.version = t.version
 where t.organization_id = :org
   and t.project_id is not distinct from :project_id
   and t.name = :name
   and t.deleted_at is null;

-- name: count_templates    Count the templates of an owner, deleted ones not included.
select count(*)
  from content_template
 where organization_id = :org
   and project_id is not distinct from :project_id
   and deleted_at is null;

-- name: insert_template    Insert a template with its first version.
with inserted as (
  insert into content_template (organization_id, id, project_id, name, version)
  values (:org, :id, :project_id, :name, 1)
  returning organization_id, id)
insert into content_template_version (organization_id, template_id, version, html, header)
select organization_id, id, 1, :html, :header
  from inserted;

-- name: insert_version    Insert the next version of a template; the caller serializes them.
with raised as (
  update content_template
     set version = version + 1, updated_at = now()
   where organization_id = :org
     and id = :id
  returning organization_id, id, version)
insert into content_template_version (organization_id, template_id, version, html, header)
select organization_id, id, version, :html, :header
  from raised;

-- name: get_template    Return a template, deleted or not, in a version or (null) the latest one.
select {template}, v.html
  from content_template t
  join content_template_version v on v.organization_id = t.organization_id and v.template_id = t.id
                                 and v.version = coalesce(:version::integer, t.version)
 where t.organization_id = :org
   and t.id = :id;

-- name: list_templates    Return the templates of an owner, newest first.
select {template}
  from content_template t
  join content_template_version v on v.organization_id = t.organization_id and v.template_id = t.id
                                 and v.version = t.version
 where t.organization_id = :org
   and t.project_id is not distinct from :project_id
   and t.deleted_at is null
   and (:before::uuid is null or t.id < :before)
 order by t.id desc
 limit :limit;

-- name: find_usable
-- Return a template for a project: its own, or its organization's; deleted ones only with `deleted`.
select t.id, t.name, v.version, v.html
  from content_template t
  join content_template_version v on v.organization_id = t.organization_id and v.template_id = t.id
                                 and v.version = t.version
 where t.organization_id = :org
   and t.id = :id
   and coalesce(t.project_id, :project_id) = :project_id
   and (:deleted::boolean or t.deleted_at is null);

-- name: find_owner    Return the project of a template, which never changes; null: the organization's.
select id, project_id, name
  from content_template
 where organization_id = :org
   and id = :id;

-- name: delete_template    Mark a template as deleted, once; return the time of its deletion.
update content_template
   set deleted_at = coalesce(deleted_at, now())
 where organization_id = :org
   and id = :id
returning deleted_at;

-- name: prune_deleted    Delete the deleted templates of an owner but for the last ones.
delete from content_template
 where organization_id = :org
   and id in (
         select id
           from content_template
          where organization_id = :org
            and project_id is not distinct from :project_id
            and deleted_at is not null
          order by deleted_at desc, id desc
         offset :kept);
