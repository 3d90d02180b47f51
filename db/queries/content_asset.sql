-- name: insert_assets    Insert files of a content, in the order of the arrays.
insert into content_asset (organization_id, content_id, id, position, kind, mime_type, width, height,
                           duration_ms, size_bytes, sha256, token)
select :org, :content_id, t.id, t.place - 1, t.kind, t.mime_type, t.width, t.height,
       t.duration_ms, t.size_bytes, t.sha256, t.token
  from unnest(
         :ids::uuid[], :kinds::text[], :mime_types::text[], :widths::integer[], :heights::integer[],
         :durations_ms::integer[], :sizes_bytes::bigint[], :sha256s::bytea[], :tokens::text[])
       with ordinality as t (
         id, kind, mime_type, width, height, duration_ms, size_bytes, sha256, token, place);

-- name: insert_thumbnails    Insert the thumbnails of files.
insert into asset_thumbnail (organization_id, asset_id, size_bytes, sha256, token)
select :org, t.asset_id, t.size_bytes, t.sha256, t.token
  from unnest(:asset_ids::uuid[], :sizes_bytes::bigint[], :sha256s::bytea[], :tokens::text[])
       as t (asset_id, size_bytes, sha256, token);

-- name: find_clip    Return the token of a content's video without a poster.
select token
  from content_asset a
 where organization_id = :org
   and content_id = :content_id
   and kind = 'video'
   and not exists (
         select
           from asset_thumbnail t
          where t.organization_id = a.organization_id
            and t.asset_id = a.id);

-- name: list_next
-- Return files after the position of the poster backfill. `wanted`: a video without a poster, in an active
-- project. New videos count too: processes of an older release make no posters.
select a.organization_id, a.id, a.content_id, c.project_id,
       a.kind = 'video'
         and p.status = 'active'
         and o.tier <> 'suspended'
         and not exists (
               select
                 from asset_thumbnail t
                where t.organization_id = a.organization_id
                  and t.asset_id = a.id) as wanted
  from content_asset a
  join content_item c on c.organization_id = a.organization_id and c.id = a.content_id
  join project p on p.organization_id = c.organization_id and p.id = c.project_id
  join organization o on o.id = a.organization_id
 where (a.organization_id, a.id) > (
         coalesce((select past_owner from poster_search), '00000000-0000-0000-0000-000000000000'),
         coalesce((select past_asset from poster_search), '00000000-0000-0000-0000-000000000000'))
 order by a.organization_id, a.id
 limit :limit;

-- name: pass_files    Store the position of the poster backfill.
insert into poster_search (past_owner, past_asset)
values (:org, :asset_id)
on conflict (one) do update
   set past_owner = excluded.past_owner, past_asset = excluded.past_asset;

-- name: insert_poster
-- Attach the poster of a video. No row: the video was deleted or has a poster, its project is archived, or
-- the upload was pruned.
with video as materialized (
  select a.organization_id, a.id
    from content_item c
    join content_asset a on a.organization_id = c.organization_id and a.content_id = c.id
    join project p on p.organization_id = c.organization_id and p.id = c.project_id
   where c.organization_id = :org
     and c.id = :content_id
     and a.kind = 'video'
     and p.status = 'active'
     and not exists (
           select
             from asset_thumbnail t
            where t.organization_id = a.organization_id
              and t.asset_id = a.id)
     for no key update of c),
claimed_upload as (
  -- Ends the pending upload, so that the sweep of pending uploads keeps the file.
  delete from media_upload u
   using video v
   where u.organization_id = :org
     and u.token = :token
  returning v.organization_id, v.id),
poster as (
  insert into asset_thumbnail (organization_id, asset_id, size_bytes, sha256, token)
  select organization_id, id, :size_bytes, :sha256, :token
    from claimed_upload
      on conflict do nothing
  returning asset_id)
update content_item
   set updated_at = now()
 where organization_id = :org
   and id = :content_id
   and exists (select from poster);

-- name: find_asset
-- Return a file by its secret token, app media and portraits included, with the organization to bill.
with file as (
  select organization_id, mime_type, size_bytes, sha256
    from media_file
   where token = :token
  union all
  select organization_id, mime_type, size_bytes, sha256
    from influencer_portrait
   where token = :token
  union all
  select organization_id, mime_type, size_bytes, sha256
    from app_media
   where token = :token)
select f.mime_type, f.size_bytes, f.sha256, f.organization_id, coalesce(o.resumes_as, o.tier) as tier
  from file f
  join organization o on o.id = f.organization_id;

-- name: replace_assets
-- Delete a content's files and return them to the unclaimed uploads, which stay readable for a day.
with replaced_files as (
  select token, size_bytes, mime_type, sha256
    from media_file
   where organization_id = :org
     and content_id = :content_id
  except
  select token, size_bytes, mime_type, sha256
    from media_upload
   where organization_id = :org
     and content_id = :content_id),
deleted_assets as (
  -- The delete cascades to their thumbnails.
  delete from content_asset
   where organization_id = :org
     and content_id = :content_id)
insert into media_upload (organization_id, token, size_bytes, content_id, mime_type, sha256)
select :org, token, size_bytes, :content_id, mime_type, sha256
  from replaced_files;

-- name: list_given    Return files of a project by their ids, and those of a content in their order.
select a.id, a.kind, a.token, a.width, a.height, a.duration_ms, a.size_bytes,
       a.content_id is not distinct from :content_id::uuid as of_source
  from content_asset a
  join content_item c on c.organization_id = a.organization_id and c.id = a.content_id
 where a.organization_id = :org
   and c.project_id = :project_id
   and (a.id = any(:ids::uuid[]) or a.content_id = :content_id)
 order by a.content_id, a.position;
