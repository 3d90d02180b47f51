-- part: shown    A file for partners; `current` is whether new content uses it by default.
a.id, a.project_id, a.kind, a.origin, a.status, a.source_url, a.job_id, a.error, a.transcript, a.mime_type,
       a.width, a.height, a.duration_ms, a.size_bytes, a.sha256, a.token, a.created_at, a.updated_at,
       a.declared_role, a.detected_role,
       a.status = 'ready' and (
         select count(*)
           from app_media b
          where b.organization_id = a.organization_id
            and b.project_id = a.project_id
            and b.kind = a.kind
            and b.status = 'ready'
            and (b.origin, b.rank, b.id) < (a.origin, a.rank, a.id))
       < case when a.kind in ('screenshot', 'photo') then 10 else 1 end as current

-- name: get_app_media    Return a file that isn't dropped.
select {shown}
  from app_media a
 where a.organization_id = :org
   and a.project_id = :project_id
   and a.id = :id
   and a.status <> 'dropped';

-- name: list_app_media    Return a project's files, newest first.
select {shown}
  from app_media a
 where a.organization_id = :org
   and a.project_id = :project_id
   and a.id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
   and a.status <> 'dropped'
   and coalesce(a.kind = any(:kinds::text[]), true)
   and coalesce(a.origin = :origin, true)
 order by a.id desc
 limit :limit;

-- name: share_ready    Return a project's ready files in their order of use, locked against deletion.
select id, kind, token, transcript, width, height, duration_ms, size_bytes,
       coalesce(declared_role, detected_role) as role
  from app_media
 where organization_id = :org
   and project_id = :project_id
   and status = 'ready'
 order by origin, rank, id
   for share;

-- name: lock_list    Lock a project's list of files, which serializes checks of its limits.
select pg_advisory_xact_lock(75, hashtext(:project_id::uuid::text));

-- name: count_own
-- Count a project's own files of a kind, fetches under way included, and the bytes of all kinds.
select count(*) filter (where kind = :kind and status <> 'failed') as files,
       coalesce(sum(size_bytes), 0)::bigint as bytes
  from app_media
 where organization_id = :org
   and project_id = :project_id
   and origin = 'partner';

-- name: insert_ready    Insert a partner's stored file.
insert into app_media (organization_id, project_id, id, kind, origin, status, rank, transcript, mime_type,
                       width, height, duration_ms, size_bytes, sha256, token, declared_role, detected_role,
                       fingerprint)
values (:org, :project_id, :id, :kind, 'partner', 'ready', :rank, :transcript, :mime_type, :width, :height,
        :duration_ms, :size_bytes, :sha256, :token, :declared_role, :detected_role, :fingerprint);

-- name: insert_fetching    Insert a partner's file under fetch.
insert into app_media (organization_id, project_id, id, kind, origin, status, rank, source_url, job_id,
                       transcript, declared_role)
values (:org, :project_id, :id, :kind, 'partner', 'fetching', :rank, :source_url, :job_id, :transcript,
        :declared_role);

-- name: forget_failed    Delete all failed fetches of a project but the newest.
with older_failures as (
  select id
    from app_media
   where organization_id = :org
     and project_id = :project_id
     and status = 'failed'
   order by id desc
  offset :keep
     for update skip locked)
delete from app_media a
 using older_failures
 where a.organization_id = :org
   and a.id = older_failures.id;

-- name: fetch_again    Restart a failed fetch with another job.
update app_media
   set status = 'fetching', job_id = :job_id, error = null, updated_at = now()
 where organization_id = :org
   and project_id = :project_id
   and id = :id
   and status = 'failed';

-- name: finish_fetch    Attach the fetched file to the row that its job still owns.
update app_media
   set status = 'ready', mime_type = :mime_type, width = :width, height = :height,
       duration_ms = :duration_ms, size_bytes = :size_bytes, sha256 = :sha256, token = :token,
       detected_role = :detected_role, fingerprint = :fingerprint, begun = '{}', updated_at = now()
 where organization_id = :org
   and id = :id
   and job_id = :job_id
   and status = 'fetching';

-- name: begin_attempt
-- Start an attempt of a fetch and release the files of earlier attempts. No row: the file is not awaited.
with awaited_file as materialized (
  select id, begun
    from app_media
   where organization_id = :org
     and id = :id
     and job_id = :job_id
     and status = 'fetching'
     for no key update),
released_uploads as (
  -- They are pruned once no earlier attempt can still be writing them.
  update media_upload u
     set started_at = least(u.started_at, now() - interval '24 hours' + :grace_s * interval '1 second')
    from awaited_file
   where u.organization_id = :org
     and u.token = any(awaited_file.begun))
update app_media a
   set begun = '{}'
  from awaited_file
 where a.organization_id = :org
   and a.id = awaited_file.id;

-- name: begin_file    Record the token of a file before an attempt stores it.
update app_media
   set begun = begun || :token::text
 where organization_id = :org
   and id = :id
   and job_id = :job_id
   and status = 'fetching';

-- name: end_fetches    Mark the fetches of failed or canceled jobs as failed, and release their files.
with failed_fetches as materialized (
  -- The order by prevents deadlocks.
  select a.organization_id, a.id, a.begun, j.state, j.error
    from unnest(:orgs::uuid[], :job_ids::uuid[]) as t (org, job_id)
    join app_media a on a.organization_id = t.org and a.job_id = t.job_id and a.status = 'fetching'
    join job j on j.organization_id = t.org and j.id = t.job_id and j.state in ('failed', 'canceled')
   order by a.organization_id, a.id
     for no key update of a),
released_uploads as (
  -- As above.
  update media_upload u
     set started_at = least(u.started_at, now() - interval '24 hours' + :grace_s * interval '1 second')
    from failed_fetches e
   where u.organization_id = e.organization_id
     and u.token = any(e.begun))
update app_media a
   set status = 'failed', begun = '{}', updated_at = now(),
       error = coalesce(e.error, '{"code": "CANCELED", "message": "its job was canceled: send it again"}')
  from failed_fetches e
 where a.organization_id = e.organization_id
   and a.id = e.id;

-- name: lock_one    Lock a file before its end; waits for content jobs that are just reading the list.
select id, kind, origin, token, size_bytes, begun
  from app_media
 where organization_id = :org
   and project_id = :project_id
   and id = :id
   and status <> 'dropped'
   for update;

-- name: declare_role    Set or clear the declared role of a picture; an equal one changes nothing.
update app_media
   set declared_role = :role, updated_at = now()
 where organization_id = :org
   and id = :id
   and declared_role is distinct from :role;

-- name: delete_one    Delete a partner's file.
delete from app_media
 where organization_id = :org
   and id = :id;

-- name: drop_one    Drop a suggestion; the row stays, so that it is never suggested again.
update app_media
   set status = 'dropped', token = null, size_bytes = 0, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: give_up_file
-- Insert files as unclaimed uploads: pruned at once, or in a day while the project's content is generated.
insert into media_upload (organization_id, token, size_bytes, started_at)
select :org, t.token, t.size_bytes,
       case when exists (
         select
           from job
          where organization_id = :org
            and project_id = :project_id
            and kind = 'content_generate'
            and state in ('queued', 'running'))
       then now() else now() - interval '24 hours' end
  from unnest(:tokens::text[], :sizes_bytes::bigint[]) as t (token, size_bytes);

-- name: list_suggested
-- Return the sources, hashes and fingerprints of a project's suggestions, dropped ones included.
select source_url, sha256, fingerprint
  from app_media
 where organization_id = :org
   and project_id = :project_id
   and origin = 'suggested';

-- name: insert_suggestions    Insert suggestions, ranked in the order of the arrays.
insert into app_media (organization_id, project_id, id, kind, origin, status, rank, source_url, source,
                       job_id, mime_type, width, height, size_bytes, sha256, token, detected_role,
                       fingerprint)
select :org, :project_id, t.id, t.kind, 'suggested', 'ready', :rank::bigint + t.place, t.source_url,
       :source, :job_id, t.mime_type, t.width, t.height, t.size_bytes, t.sha256, t.token,
       t.role, t.fingerprint
  from unnest(
         :ids::uuid[], :kinds::text[], :source_urls::text[], :mime_types::text[], :widths::integer[],
         :heights::integer[], :sizes_bytes::bigint[], :sha256s::bytea[], :tokens::text[], :roles::text[],
         :fingerprints::bytea[])
       with ordinality as t (
         id, kind, source_url, mime_type, width, height, size_bytes, sha256, token, role, fingerprint, place);
