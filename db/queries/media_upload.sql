-- name: start_upload    Insert an upload before the file's first byte is stored.
insert into media_upload (organization_id, token, size_bytes)
values (:org, :token, :size_bytes);

-- name: start_uploads    Insert many uploads, as start_upload.
insert into media_upload (organization_id, token, size_bytes)
select :org, t.token, t.size_bytes
  from unnest(:tokens::text[], :sizes_bytes::bigint[]) as t (token, size_bytes);

-- name: measure_upload    Store the real size of a stored file.
update media_upload
   set size_bytes = :size_bytes
 where organization_id = :org
   and token = :token;

-- name: give_up_uploads
-- Release uploads that a worker may still be writing: they are pruned after a grace period.
update media_upload
   set started_at = least(started_at, now() - interval '24 hours' + :grace_s * interval '1 second')
 where organization_id = :org
   and token = any(:tokens::text[]);

-- name: show_upload    Give an unclaimed upload a public URL until it is pruned, with its owner's id.
update media_upload
   set content_id = :shown_with, mime_type = :mime_type, sha256 = :sha256
 where organization_id = :org
   and token = :token;

-- name: lock_uploads    Lock the unclaimed ones of these uploads; waits for a concurrent claim.
select organization_id, token
  from media_upload
 where organization_id = :org
   and token = any(:tokens::text[])
 order by token
   for update;

-- name: lock_stale_uploads    Lock uploads that crashes left unclaimed: no upload takes so long.
select organization_id, token
  from media_upload
 where started_at <= now() - interval '24 hours'
   and organization_id <> all ((select moving_organizations())::uuid[])
 order by started_at
 limit :limit
   for update skip locked;

-- name: end_uploads    Delete uploads that become assets in this transaction, or whose files are deleted.
delete from media_upload m
 using unnest(:orgs::uuid[], :tokens::text[]) as t (org, token)
 where m.organization_id = t.org
   and m.token = t.token;
