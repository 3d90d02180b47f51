-- name: insert_tickets    Insert the tickets of a post's call.
insert into media_ticket (organization_id, post_id, ticket)
select :org, :post_id, t.ticket
  from unnest(:tickets::text[]) as t (ticket);

-- name: fetch_asset
-- Return a file by an open ticket, and mark the ticket as fetched. No row: the ticket is invalid or closed.
with fetched_file as (
  update media_ticket t
     set fetched_at = coalesce(t.fetched_at, now())
    from scheduled_post p
    join media_file a on a.organization_id = p.organization_id and a.content_id = p.content_id
   where t.ticket = :ticket
     and t.closed_at is null
     and p.organization_id = t.organization_id
     and p.id = t.post_id
     and a.token = :token
  returning a.mime_type, a.size_bytes, a.sha256, a.organization_id)
select m.mime_type, m.size_bytes, m.sha256, m.organization_id, coalesce(o.resumes_as, o.tier) as tier
  from fetched_file m
  join organization o on o.id = m.organization_id;

-- name: find_asset    Return a file by an open ticket without the mark, for a HEAD request.
select a.mime_type, a.size_bytes, a.sha256, a.organization_id, coalesce(o.resumes_as, o.tier) as tier
  from media_ticket t
  join scheduled_post p on p.organization_id = t.organization_id and p.id = t.post_id
  join media_file a on a.organization_id = p.organization_id and a.content_id = p.content_id
  join organization o on o.id = a.organization_id
 where t.ticket = :ticket
   and t.closed_at is null
   and a.token = :token;

-- name: close_tickets
-- Close a post's tickets; return whether one of the latest call's was fetched. No row: it has none.
with closed_tickets as (
  update media_ticket
     set closed_at = coalesce(closed_at, now())
   where organization_id = :org
     and post_id = :post_id
  returning fetched_at, created_at)
-- The tickets of the latest call were inserted in one transaction. Earlier calls have a proved outcome, or
-- there would be no later one.
select bool_or(fetched_at is not null) as fetched
  from closed_tickets
 where created_at = (select max(created_at) from closed_tickets)
having count(*) > 0;

-- name: prune_tickets    Delete a batch of expired tickets.
with expired_tickets as (
  select organization_id, post_id, ticket
    from media_ticket
   where created_at < now() - :keep_s * interval '1 second'
   order by created_at
   limit :limit
     for update skip locked)
delete from media_ticket t
 using expired_tickets
 where t.organization_id = expired_tickets.organization_id
   and t.post_id = expired_tickets.post_id
   and t.ticket = expired_tickets.ticket;
