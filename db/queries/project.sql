-- name: insert_projects
-- Insert the projects of many requests at once, with their idempotency records and audit entries. Returns for
-- each in turn: true; false if the key was used in the last 24 h, or twice in this call; null if another
-- transaction is using it. It never waits: one tenant's key must not block the others.
with requests as materialized (
  -- The requests; `free` by the lock that claim_key takes too, `turn` among the requests of one key.
  select t.*, key is null or pg_try_advisory_xact_lock(73, hashtext(api_key_id || key)) as free,
         row_number() over (partition by org, api_key_id, key order by place) as turn
    from unnest(
           :orgs::uuid[], :ids::uuid[], :names::text[], :timezones::text[], :primary_languages::text[],
           :metadata::jsonb[], :times::timestamptz[], :subjects::text[], :audit_ids::uuid[],
           :api_key_ids::uuid[], :keys::text[], :fingerprints::bytea[], :statuses::smallint[],
           :locations::text[], :bodies::bytea[], :vault_key_ids::text[], :etags::text[])
         with ordinality as t (
           org, id, name, timezone, primary_language, metadata, at, subject, audit_id, api_key_id, key,
           fingerprint, status, location, body, vault_key_id, etag, place)),
record as (
  -- Idempotency records of the free keys; an expired record is overwritten.
  insert into idempotency_key as kept
         (organization_id, api_key_id, key, fingerprint, status, location, body, vault_key_id, etag)
  select org, api_key_id, key, fingerprint, status, location, body, vault_key_id, etag
    from requests
   where key is not null
     and free
     and turn = 1
      on conflict (organization_id, api_key_id, key) do update
     set fingerprint = excluded.fingerprint, status = excluded.status, location = excluded.location,
         body = excluded.body, vault_key_id = excluded.vault_key_id, etag = excluded.etag, created_at = now()
   where kept.created_at <= now() - interval '24 hours'
  returning organization_id, api_key_id, key),
accepted as materialized (
  -- Requests to execute: those without a key, and those with a new record.
  select a.*
    from requests a
    left join record r on (r.organization_id, r.api_key_id, r.key) = (a.org, a.api_key_id, a.key)
   where a.key is null
      or (a.turn = 1 and r.key is not null)),
inserted_projects as (
  insert into project (organization_id, id, name, timezone, primary_language, metadata,
                       created_at, updated_at)
  select org, id, name, timezone, primary_language, metadata, at, at
    from accepted),
inserted_entries as (
  insert into audit_log (organization_id, id, api_key_id, action, subject, project_id)
  select org, audit_id, api_key_id, 'project.created', subject, id
    from accepted)
select case when a.free then f.place is not null end as wrote
  from requests a
  left join accepted f on f.place = a.place
 order by a.place;

-- part: project    A project for partners.
p.organization_id, p.id, p.name, p.status, p.customer_external_id, p.timezone, p.primary_language,
       p.requires_approval, p.first_n_posts_blocked, p.metadata, p.created_at, p.updated_at, p.archived_at,
       p.version,
       (select coalesce(jsonb_agg(jsonb_build_object(
                 'source', b.source, 'fields', b.fields, 'url', b.url, 'job_id', b.job_id,
                 'at', b.updated_at)), '[]')
          from brand_source b
         where b.organization_id = p.organization_id
           and b.project_id = p.id) as brand,
       (select coalesce(jsonb_agg(jsonb_build_object(
                 'source', i.source, 'status', i.status, 'job_id', i.job_id,
                 'completedAt', i.completed_at, 'error', i.error)), '[]')
          from ingest i
         where i.organization_id = p.organization_id
           and i.project_id = p.id) as ingests,
       (select count(*)
          from content_item c
         where c.organization_id = p.organization_id
           and c.project_id = p.id
           and c.approval_status = 'pending') as blocked

-- name: get_project    Return a project, unless it is under purge.
select {project}
  from project p
 where p.organization_id = :org
   and p.id = :id
   and p.purging_at is null;

-- part: page    Remaining filters of each search of a page.
and purging_at is null
    and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by id desc
    limit :limit

-- name: list_projects    Return a page of projects and one row more, newest first.
with p as (
  -- Only one of the three searches runs: each has an index, and a combined filter would have none.
  (select *
     from project
    where organization_id = :org
      and :status::text is null
      and :customer_external_id::text is null
      {page})
  union all
  (select *
     from project
    where organization_id = :org
      and status = :status
      and :customer_external_id::text is null
      {page})
  union all
  (select *
     from project
    where organization_id = :org
      and customer_external_id = :customer_external_id
      and (status = :status) is not false
      {page}))
select {project}
  from p
 order by p.id desc;

-- name: search_newest    Return a page by a part of the name, among the newest `looked` projects.
with p as (
  -- Finds a frequent name soon.
  select *
    from project
   where organization_id = :org
     and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
   order by id desc
   limit :looked)
select {project}
  from p
 where p.name ilike :search
   and p.purging_at is null
   and (p.status = :status) is not false
   and (p.customer_external_id = :customer_external_id) is not false
 order by p.id desc
 limit :limit;

-- name: search_projects    Return a page by a part of the name, among all projects.
with matches as materialized (
  -- Projects with that name, at most `most`.
  select named_id
    from projects_named(:org, :search, :most) as named_id),
p as (
  -- Few matches are read one by one and sorted; of many, the newest are found by a walk. (For `id =
  -- any(...)`, a plan that PostgreSQL 15 makes for an empty table scans all of the tenant's rows, which are
  -- in a page's order.)
  (select o.*
     from matches
    cross join lateral (
            select *
              from project
             where organization_id = :org
               and id = named_id
             limit 1) o
    where (select count(*) from matches) < :most
      and (status = :status) is not false
      and (customer_external_id = :customer_external_id) is not false
      {page})
  union all
  (select *
     from project
    where organization_id = :org
      and (select count(*) from matches) >= :most
      and name ilike :search
      and (status = :status) is not false
      and (customer_external_id = :customer_external_id) is not false
      {page}))
select {project}
  from p
 order by p.id desc;

-- name: has_project    Return whether a project exists and is not under purge.
select exists (select from project where organization_id = :org and id = :id and purging_at is null);

-- name: get_zone    Return the time zone of a project.
select timezone
  from project
 where organization_id = :org
   and id = :id
   and purging_at is null;

-- name: share_project
-- Share a project's lock, which orders an archive with work that starts in the project.
with queue_lock as materialized (
  -- A fair lock: a row lock alone can be shared past a waiting archive, which would then wait for as long as
  -- posts are sent without a pause.
  select pg_advisory_xact_lock_shared(74, hashtext(:id::uuid::text)))
select p.status
  from project p, queue_lock
 where p.organization_id = :org
   and p.id = :id
   for share of p;

-- name: lock_project    Lock a project exclusively for PATCH and DELETE, unless it is under purge.
with queue_lock as materialized (
  -- The lock of share_project, exclusive.
  select pg_advisory_xact_lock(74, hashtext(:id::uuid::text)))
select p.organization_id, p.id, p.name, p.status, p.customer_external_id, p.timezone, p.primary_language,
       p.requires_approval, p.first_n_posts_blocked, p.metadata, p.version, p.archived_at, p.archive_job_id,
       p.canceled_scheduled_posts, p.in_flight_posts, now() as now
  from project p, queue_lock
 where p.organization_id = :org
   and p.id = :id
   and p.purging_at is null
   for no key update of p;

-- name: update_project    Store a changed project.
update project
   set name = :name, timezone = :timezone, primary_language = :primary_language, metadata = :metadata,
       version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: get_policy    Return the approval policy of a project, and its number of pending contents.
select p.requires_approval, p.first_n_posts_blocked,
       (select count(*)
          from content_item c
         where c.organization_id = p.organization_id
           and c.project_id = p.id
           and c.approval_status = 'pending') as current_blocked_count
  from project p
 where p.organization_id = :org
   and p.id = :id;

-- name: update_policy    Store the approval policy of a project.
update project
   set requires_approval = :requires_approval, first_n_posts_blocked = :first_n_posts_blocked,
       version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: archive_project    Mark a project as archived, with the numbers of its open posts.
update project
   set status = 'archived', archived_at = now(), archive_job_id = :archive_job_id,
       canceled_scheduled_posts = :canceled_scheduled_posts, in_flight_posts = :in_flight_posts,
       version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id
returning id, status, archived_at, canceled_scheduled_posts, in_flight_posts, archive_job_id;

-- name: unarchive_project    Make an archived project active again.
update project
   set status = 'active', archived_at = null, archive_job_id = null, canceled_scheduled_posts = null,
       in_flight_posts = null, version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: open_archive
-- Return the archive's job while it or work for it is left. No row: the archive is done.
select p.archive_job_id
  from project p
 where p.organization_id = :org
   and p.id = :id
   and (exists (
          select
            from job j
           where j.organization_id = p.organization_id
             and j.project_id = p.id
             and j.kind = 'archive_project'
             and j.state in ('queued', 'running'))
     or exists (
          select
            from scheduled_post s
           where s.organization_id = p.organization_id
             and s.project_id = p.id
             and s.status in ('blocked', 'queued'))
     or exists (
          select
            from account_lease l
           where l.organization_id = p.organization_id
             and l.project_id = p.id
             and upper_inf(l.period)));
