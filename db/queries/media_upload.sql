-- name: start_upload    before the file's first byte
insert into media_upload (organization_id, token, size_bytes)
values (:org, :token, :size_bytes);

-- name: start_uploads    as above, many at once
insert into media_upload (organization_id, token, size_bytes)
select :org, t.token, t.size_bytes
  from unnest(:tokens::text[], :sizes_bytes::bigint[]) as t (token, size_bytes);

-- name: measure_upload    once it is stored
update media_upload
   set size_bytes = :size_bytes
 where organization_id = :org
   and token = :token;

-- name: give_up_uploads    that somebody may be writing for a while
update media_upload
   set started_at = least(started_at, now() - interval '24 hours' + :grace_s * interval '1 second')
 where organization_id = :org
   and token = any(:tokens::text[]);

-- name: lock_uploads    those that no asset took; whoever commits one right now is waited for
select organization_id, token
  from media_upload
 where organization_id = :org
   and token = any(:tokens::text[])
 order by token
   for update;

-- name: lock_stale_uploads    what crashes left: no upload takes so long
select organization_id, token
  from media_upload
 where started_at <= now() - interval '24 hours'
 order by started_at
 limit :limit
   for update skip locked;

-- name: end_uploads    in the transaction that makes their assets, or once their files are gone
delete from media_upload m
 using unnest(:orgs::uuid[], :tokens::text[]) as t (org, token)
 where m.organization_id = t.org
   and m.token = t.token;
