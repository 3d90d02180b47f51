-- name: insert_assets    in the order of the arrays
insert into content_asset (organization_id, content_id, id, position, kind, mime_type, width, height,
                           duration_ms, size_bytes, sha256, token)
select :org, :content_id, t.id, t.place - 1, t.kind, t.mime_type, t.width, t.height,
       t.duration_ms, t.size_bytes, t.sha256, t.token
  from unnest(
         :ids::uuid[], :kinds::text[], :mime_types::text[], :widths::integer[], :heights::integer[],
         :durations_ms::integer[], :sizes_bytes::bigint[], :sha256s::bytea[], :tokens::text[])
       with ordinality as t (
         id, kind, mime_type, width, height, duration_ms, size_bytes, sha256, token, place);

-- name: find_asset    by what only its URL says; whose it is doesn't matter to a reader
select mime_type, size_bytes, sha256
  from content_asset
 where token = :token;
