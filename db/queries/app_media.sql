-- part: shown    a file as partners see it
a.id, a.project_id, a.kind, a.origin, a.status, a.source_url, a.job_id, a.error, a.transcript, a.mime_type,
       a.width, a.height, a.duration_ms, a.size_bytes, a.sha256, a.token, a.created_at, a.updated_at,
       a.status = 'ready' and (
         select count(*)
           from app_media b
          where b.organization_id = a.organization_id
            and b.project_id = a.project_id
            and b.kind = a.kind
            and b.status = 'ready'
            and (b.origin, b.rank, b.id) < (a.origin, a.rank, a.id))
       < case a.kind when 'screenshot' then 10 else 1 end as current

-- name: get_app_media
select {shown}
  from app_media a
 where a.organization_id = :org
   and a.project_id = :project_id
   and a.id = :id
   and a.status <> 'dropped';

-- name: list_app_media    newest first
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

-- name: share_ready    those that go first first, which stay while content is begun with them
select id, kind, token, transcript, width, height, duration_ms, size_bytes
  from app_media
 where organization_id = :org
   and project_id = :project_id
   and status = 'ready'
 order by origin, rank, id
   for share;

-- name: lock_list    so that what a project may have is counted by one at a time
select pg_advisory_xact_lock(75, hashtext(:project_id::uuid::text));

-- name: count_own    a project's own files of a kind, those on their way too; and the bytes of all of them
select count(*) filter (where kind = :kind and status <> 'failed') as files,
       coalesce(sum(size_bytes), 0)::bigint as bytes
  from app_media
 where organization_id = :org
   and project_id = :project_id
   and origin = 'partner';

-- name: insert_ready
insert into app_media (organization_id, project_id, id, kind, origin, status, rank, transcript, mime_type,
                       width, height, duration_ms, size_bytes, sha256, token)
values (:org, :project_id, :id, :kind, 'partner', 'ready', :rank, :transcript, :mime_type, :width, :height,
        :duration_ms, :size_bytes, :sha256, :token);

-- name: insert_fetching
insert into app_media (organization_id, project_id, id, kind, origin, status, rank, source_url, job_id,
                       transcript)
values (:org, :project_id, :id, :kind, 'partner', 'fetching', :rank, :source_url, :job_id, :transcript);

-- name: forget_failed    of a project, all but the newest
with old as (
  -- Those before the newest.
  select id
    from app_media
   where organization_id = :org
     and project_id = :project_id
     and status = 'failed'
   order by id desc
  offset :keep
     for update skip locked)
delete from app_media a
 using old
 where a.organization_id = :org
   and a.id = old.id;

-- name: fetch_again    one that failed
update app_media
   set status = 'fetching', job_id = :job_id, error = null, updated_at = now()
 where organization_id = :org
   and project_id = :project_id
   and id = :id
   and status = 'failed';

-- name: finish_fetch    of the job that still has it
update app_media
   set status = 'ready', mime_type = :mime_type, width = :width, height = :height,
       duration_ms = :duration_ms, size_bytes = :size_bytes, sha256 = :sha256, token = :token, begun = '{}',
       updated_at = now()
 where organization_id = :org
   and id = :id
   and job_id = :job_id
   and status = 'fetching';

-- name: begin_attempt    whose earlier ones give up what they began; no row: nobody awaits it any more
with mine as materialized (
  -- The row.
  select id, begun
    from app_media
   where organization_id = :org
     and id = :id
     and job_id = :job_id
     and status = 'fetching'
     for no key update),
given_up as (
  -- Pruned once nobody can be writing it.
  update media_upload u
     set started_at = least(u.started_at, now() - interval '24 hours' + :grace_s * interval '1 second')
    from mine
   where u.organization_id = :org
     and u.token = any(mine.begun))
update app_media a
   set begun = '{}'
  from mine
 where a.organization_id = :org
   and a.id = mine.id;

-- name: begin_file
update app_media
   set begun = begun || :token::text
 where organization_id = :org
   and id = :id
   and job_id = :job_id
   and status = 'fetching';

-- name: end_fetches    whose jobs have ended without it
with ended as materialized (
  -- Those of these jobs, locked in an order.
  select a.organization_id, a.id, a.begun, j.state, j.error
    from unnest(:orgs::uuid[], :job_ids::uuid[]) as t (org, job_id)
    join app_media a on a.organization_id = t.org and a.job_id = t.job_id and a.status = 'fetching'
    join job j on j.organization_id = t.org and j.id = t.job_id and j.state in ('failed', 'canceled')
   order by a.organization_id, a.id
     for no key update of a),
given_up as (
  -- As above.
  update media_upload u
     set started_at = least(u.started_at, now() - interval '24 hours' + :grace_s * interval '1 second')
    from ended e
   where u.organization_id = e.organization_id
     and u.token = any(e.begun))
update app_media a
   set status = 'failed', begun = '{}', updated_at = now(),
       error = coalesce(e.error, '{"code": "CANCELED", "message": "its job was canceled: send it again"}')
  from ended e
 where a.organization_id = e.organization_id
   and a.id = e.id;

-- name: lock_one    for its end; whoever begins to make content with it is waited for
select id, origin, token, size_bytes, begun
  from app_media
 where organization_id = :org
   and project_id = :project_id
   and id = :id
   and status <> 'dropped'
   for update;

-- name: delete_one
delete from app_media
 where organization_id = :org
   and id = :id;

-- name: drop_one    what is left of it says that it isn't wanted
update app_media
   set status = 'dropped', token = null, size_bytes = 0, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: give_up_file    to the uploads that nobody took, which are pruned: in a day while content is made
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

-- name: list_suggested    of a project, dropped ones too, by where they were and what they are
select source_url, sha256
  from app_media
 where organization_id = :org
   and project_id = :project_id
   and origin = 'suggested';

-- name: insert_suggestions    in the order of the arrays
insert into app_media (organization_id, project_id, id, kind, origin, status, rank, source_url, source,
                       job_id, mime_type, width, height, size_bytes, sha256, token)
select :org, :project_id, t.id, t.kind, 'suggested', 'ready', :rank::bigint + t.place, t.source_url,
       :source, :job_id, t.mime_type, t.width, t.height, t.size_bytes, t.sha256, t.token
  from unnest(
         :ids::uuid[], :kinds::text[], :source_urls::text[], :mime_types::text[], :widths::integer[],
         :heights::integer[], :sizes_bytes::bigint[], :sha256s::bytea[], :tokens::text[])
       with ordinality as t (
         id, kind, source_url, mime_type, width, height, size_bytes, sha256, token, place);
