-- Files of a content that others took the place of: their addresses, and what reads them, have a day.
alter table media_upload
    add column content_id uuid,
    add column mime_type  text,
    add column sha256     bytea check (length(sha256) = 32),
    add check ((content_id is null) = (mime_type is null) and (content_id is null) = (sha256 is null));
create index media_upload_content on media_upload (organization_id, content_id) where content_id is not null;
create index media_upload_token on media_upload (token) where content_id is not null;

-- Whatever is read at an address of ours.
create view media_file as
select organization_id, content_id, token, mime_type, size_bytes, sha256
  from content_asset
 union all
select t.organization_id, a.content_id, t.token, 'image/jpeg', t.size_bytes, t.sha256
  from asset_thumbnail t
  join content_asset a on a.organization_id = t.organization_id and a.id = t.asset_id
 union all
select organization_id, content_id, token, mime_type, size_bytes, sha256
  from media_upload
 where content_id is not null;
