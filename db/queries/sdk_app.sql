-- part: app    An app for its owner, without the hash of its key.
id, project_id, name, platform, bundle_id, android_package, web_domain, last_event_at, last_rotated_at,
       created_at,
       (select jsonb_object_agg(d.destination, jsonb_build_object(
                 'enabled', d.enabled, 'pixelId', d.pixel_id, 'hasAccessToken', d.sealed is not null,
                 'testEventCode', d.test_event_code, 'eventMap', d.event_map,
                 'lastForwardAt', d.last_forward_at, 'lastError', d.last_error))
          from conversion_destination d
         where d.organization_id = sdk_app.organization_id
           and d.app_id = sdk_app.id) as capi

-- part: event_maps    Maps of an app's enabled destinations by name; null if it has none.
(select jsonb_object_agg(d.destination, d.event_map)
          from conversion_destination d
         where d.organization_id = a.organization_id
           and d.app_id = a.id
           and d.enabled) as event_maps

-- name: find_keys
-- Return the rows to check presented keys against, with times decided by the database's clock.
with presented_apps as materialized (
  -- Deleted apps too: PostgreSQL 15 would scan all of a partial index of the others. The array is a
  -- subselect, so that the plan doesn't depend on its length and is cached.
  select organization_id, project_id, id, app_no, platform, web_domain, secret_hash, pepper_id,
         overlap_until, old_secret_hash, old_pepper_id, deleted_at
    from sdk_app
   where id = any((select :ids::uuid[])::uuid[]))
select a.organization_id, a.project_id, a.id, a.app_no, a.platform, a.web_domain, o.tier,
       p.status = 'archived' as archived, o.tier = 'suspended' as suspended,
       num_nonnulls(o.moving_to, o.moved_at) > 0 as moving, {event_maps},
       a.secret_hash, a.pepper_id,
       case when a.overlap_until > now() then a.old_secret_hash end as old_secret_hash, a.old_pepper_id
  from presented_apps a
  join project p on p.organization_id = a.organization_id and p.id = a.project_id
  join organization o on o.id = a.organization_id
 where a.deleted_at is null;

-- name: find_app    Return an app as its key would open it.
select a.organization_id, a.project_id, a.id as app_id, a.app_no, a.platform, a.web_domain, o.tier,
       p.status = 'archived' as archived, o.tier = 'suspended' as suspended,
       num_nonnulls(o.moving_to, o.moved_at) > 0 as moving, {event_maps}
  from sdk_app a
  join project p on p.organization_id = a.organization_id and p.id = a.project_id
  join organization o on o.id = a.organization_id
 where a.organization_id = :org
   and a.id = :id
   and a.project_id = :project_id
   and a.deleted_at is null;

-- name: count_apps
-- Count a project's apps and return the last assigned number; the caller locked the project.
select (select count(*)
          from sdk_app
         where organization_id = :org
           and project_id = :project_id
           and deleted_at is null) as live,
       coalesce((
          select app_no
            from sdk_app
           where organization_id = :org
             and project_id = :project_id
           order by app_no desc
           limit 1), 0)::int as last_no;

-- name: find_same_app
-- Return another app of the platform with one of the identifiers; the caller locked the project.
select id
  from sdk_app
 where organization_id = :org
   and project_id = :project_id
   and platform = :platform
   and deleted_at is null
   and id <> :id
   and (lower(bundle_id) = lower(:bundle_id)
        or android_package = :android_package
        or web_domain = :web_domain)
 limit 1;

-- name: insert_app    Insert an app.
insert into sdk_app (organization_id, project_id, id, app_no, name, platform, bundle_id, android_package,
                     web_domain, secret_hash, pepper_id)
values (:org, :project_id, :id, :app_no, :name, :platform, :bundle_id, :android_package,
        :web_domain, :secret_hash, :pepper_id)
returning {app};

-- name: get_app    Return an app of a project; the project's lock keeps it unchanged.
select {app}
  from sdk_app
 where organization_id = :org
   and id = :id
   and project_id = :project_id
   and deleted_at is null;

-- name: see_app
-- Return an app for its verification job; `has_event`: an event arrived since the job was submitted.
select a.project_id, a.app_no, a.web_domain, a.last_event_at, a.last_rotated_at,
       extract(epoch from now() - j.created_at)::float as waited_s,
       coalesce(a.last_event_at >= j.created_at, false) as has_event,
       coalesce(a.last_event_at >= j.created_at - interval '2 minutes', false) as may_have_come
  from sdk_app a
  join job j on j.organization_id = a.organization_id and j.id = :job_id
 where a.organization_id = :org
   and a.id = :id
   and a.project_id = :project_id
   and a.deleted_at is null;

-- name: list_apps    Return a project's apps, newest first.
select {app}
  from sdk_app
 where organization_id = :org
   and project_id = :project_id
   and deleted_at is null
   and (:before::uuid is null or id < :before)
 order by id desc
 limit :limit;

-- name: update_app    Store a changed app.
update sdk_app
   set name = :name, bundle_id = :bundle_id, android_package = :android_package, web_domain = :web_domain
 where organization_id = :org
   and id = :id
returning {app};

-- name: rotate_key    Replace an app's key; the old one stays valid for `overlap`.
update sdk_app
   set old_secret_hash = secret_hash, old_pepper_id = pepper_id,
       overlap_until = now() + nullif(:overlap, interval '0'),
       secret_hash = :secret_hash, pepper_id = :pepper_id, last_rotated_at = now()
 where organization_id = :org
   and id = :id
returning {app};

-- name: delete_app    Delete an app; its number stays with its events.
update sdk_app
   set deleted_at = now(), overlap_until = null,
       secret_hash = null, pepper_id = null, old_secret_hash = null, old_pepper_id = null
 where organization_id = :org
   and id = :id
returning deleted_at;

-- name: note_event    Record an event at most once a minute: writes by each request would queue on the row.
update sdk_app
   set last_event_at = now()
 where organization_id = :org
   and id = :id
   and (last_event_at is null or last_event_at < now() - interval '1 minute');

-- name: numbers_of_apps
-- Return the numbers of a project's apps, deleted ones included; one row of nulls if it has none.
select a.id, a.app_no
  from project p
  left join sdk_app a on a.organization_id = p.organization_id and a.project_id = p.id
 where p.id = :project_id;

-- name: number_apps    Return all apps that a project ever had, since events of deleted ones stay readable.
select id, app_no::int, platform
  from sdk_app
 where organization_id = :org
   and project_id = :project_id
 order by app_no;
