-- name: insert_tickets
insert into media_ticket (organization_id, post_id, ticket)
select :org, :post_id, t.ticket
  from unnest(:tickets::text[]) as t (ticket);

-- name: fetch_asset    by an address that one call alone made known; no row: it leads nowhere any more
with mine as (
  -- That it was fetched is remembered.
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
  from mine m
  join organization o on o.id = m.organization_id;

-- name: find_asset    as above, of who only asks what is there: nothing is remembered
select a.mime_type, a.size_bytes, a.sha256, a.organization_id, coalesce(o.resumes_as, o.tier) as tier
  from media_ticket t
  join scheduled_post p on p.organization_id = t.organization_id and p.id = t.post_id
  join media_file a on a.organization_id = p.organization_id and a.content_id = p.content_id
  join organization o on o.id = a.organization_id
 where t.ticket = :ticket
   and t.closed_at is null
   and a.token = :token;

-- name: close_tickets    of a post: whether one of the latest call's was fetched before; no row: it has none
with closed as (
  -- From the commit on they lead nowhere.
  update media_ticket
     set closed_at = coalesce(closed_at, now())
   where organization_id = :org
     and post_id = :post_id
  returning fetched_at, created_at)
-- The latest call's were made in one transaction. What became of a call before was proved, or there would be
-- no other.
select bool_or(fetched_at is not null) as fetched
  from closed
 where created_at = (select max(created_at) from closed)
having count(*) > 0;

-- name: prune_tickets    which nobody asks about any more
with old as (
  -- The oldest first.
  select organization_id, post_id, ticket
    from media_ticket
   where created_at < now() - :keep_s * interval '1 second'
   order by created_at
   limit :limit
     for update skip locked)
delete from media_ticket t
 using old
 where t.organization_id = old.organization_id
   and t.post_id = old.post_id
   and t.ticket = old.ticket;
