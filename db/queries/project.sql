-- name: insert_projects    many requests' at once, with their idempotency records and audit entries
-- For each in turn: true; false where the key was used in the last 24 h, or twice in here; null where another
-- transaction is using it. Nobody is waited for: one tenant's key must not hold up the others.
with asked as materialized (
  -- The requests; `free` by the lock that claim_key takes too, `turn` among those of one key.
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
  -- The idempotency records of the keys that are free; a record past its 24 h is written over.
  insert into idempotency_key as kept
         (organization_id, api_key_id, key, fingerprint, status, location, body, vault_key_id, etag)
  select org, api_key_id, key, fingerprint, status, location, body, vault_key_id, etag
    from asked
   where key is not null
     and free
     and turn = 1
      on conflict (organization_id, api_key_id, key) do update
     set fingerprint = excluded.fingerprint, status = excluded.status, location = excluded.location,
         body = excluded.body, vault_key_id = excluded.vault_key_id, etag = excluded.etag, created_at = now()
   where kept.created_at <= now() - interval '24 hours'
  returning organization_id, api_key_id, key),
fresh as materialized (
  -- The requests that go through: those without a key, and those whose record was written.
  select a.*
    from asked a
    left join record r on (r.organization_id, r.api_key_id, r.key) = (a.org, a.api_key_id, a.key)
   where a.key is null
      or (a.turn = 1 and r.key is not null)),
made as (
  -- Their projects.
  insert into project (organization_id, id, name, timezone, primary_language, metadata,
                       created_at, updated_at)
  select org, id, name, timezone, primary_language, metadata, at, at
    from fresh),
noted as (
  -- Their entries in the audit log.
  insert into audit_log (organization_id, id, api_key_id, action, subject, project_id)
  select org, audit_id, api_key_id, 'project.created', subject, id
    from fresh)
select case when a.free then f.place is not null end as wrote
  from asked a
  left join fresh f on f.place = a.place
 order by a.place;

-- part: project    a project as partners see it
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

-- name: get_project    one that is being purged is not found
select {project}
  from project p
 where p.organization_id = :org
   and p.id = :id
   and p.purging_at is null;

-- part: page    the rest of each search of a page
and purging_at is null
    and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by id desc
    limit :limit

-- name: list_projects    a page and one row more, newest first
with p as (
  -- One of the three searches is begun: each has an index, and a plan for all at once would have none.
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

-- name: search_newest    as above, by a part of the name, among the newest `looked` projects
with p as (
  -- A common name is found soon.
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

-- name: search_projects    the same among all
with named as materialized (
  -- Projects of that name, if they are fewer than `most`.
  select named_id
    from projects_named(:org, :search, :most) as named_id),
p as (
  -- Few are read one by one and sorted; of many, some are found from the newest on. (By `id = any(...)` a
  -- plan that PostgreSQL 15 makes for an empty table walks all of the tenant's, which are in a page's order.)
  (select o.*
     from named
    cross join lateral (
            select *
              from project
             where organization_id = :org
               and id = named_id
             limit 1) o
    where (select count(*) from named) < :most
      and (status = :status) is not false
      and (customer_external_id = :customer_external_id) is not false
      {page})
  union all
  (select *
     from project
    where organization_id = :org
      and (select count(*) from named) >= :most
      and name ilike :search
      and (status = :status) is not false
      and (customer_external_id = :customer_external_id) is not false
      {page}))
select {project}
  from p
 order by p.id desc;

-- name: has_project
select exists (select from project where organization_id = :org and id = :id and purging_at is null);

-- name: get_zone
select timezone
  from project
 where organization_id = :org
   and id = :id
   and purging_at is null;

-- name: share_project    so that an archive and what starts in the project come in an order
with turn as materialized (
  -- A fair lock: a row lock alone can be shared past whoever waits for it, and an archive would wait for as
  -- long as posts go out without a pause.
  select pg_advisory_xact_lock_shared(74, hashtext(:id::uuid::text)))
select p.status
  from project p, turn
 where p.organization_id = :org
   and p.id = :id
   for share of p;

-- name: lock_project    what PATCH and DELETE decide on must not change; not one that is being purged
with turn as materialized (
  -- The lock of share_project, alone.
  select pg_advisory_xact_lock(74, hashtext(:id::uuid::text)))
select p.organization_id, p.id, p.name, p.status, p.customer_external_id, p.timezone, p.primary_language,
       p.requires_approval, p.first_n_posts_blocked, p.metadata, p.version, p.archived_at, p.archive_job_id,
       p.canceled_scheduled_posts, p.in_flight_posts, now() as now
  from project p, turn
 where p.organization_id = :org
   and p.id = :id
   and p.purging_at is null
   for no key update of p;

-- name: update_project
update project
   set name = :name, timezone = :timezone, primary_language = :primary_language, metadata = :metadata,
       version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: get_policy
select p.requires_approval, p.first_n_posts_blocked,
       (select count(*)
          from content_item c
         where c.organization_id = p.organization_id
           and c.project_id = p.id
           and c.approval_status = 'pending') as current_blocked_count
  from project p
 where p.organization_id = :org
   and p.id = :id;

-- name: update_policy
update project
   set requires_approval = :requires_approval, first_n_posts_blocked = :first_n_posts_blocked,
       version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: archive_project
update project
   set status = 'archived', archived_at = now(), archive_job_id = :archive_job_id,
       canceled_scheduled_posts = :canceled_scheduled_posts, in_flight_posts = :in_flight_posts,
       version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id
returning id, status, archived_at, canceled_scheduled_posts, in_flight_posts, archive_job_id;

-- name: unarchive_project
update project
   set status = 'active', archived_at = null, archive_job_id = null, canceled_scheduled_posts = null,
       in_flight_posts = null, version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: open_archive    no row: its job and retries of it have ended, and left nothing to end
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
