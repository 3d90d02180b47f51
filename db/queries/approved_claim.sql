-- Approved claims of a project, and their use by content and posts.

-- part: shown    A claim for partners.
a.id, a.project_id, a.text, a.source, a.approved_by, a.valid_until, a.created_at,
       case when a.valid_until <= now() then 'expired' else 'valid' end as status

-- name: get_claim    Return a claim.
select {shown}
  from approved_claim a
 where a.organization_id = :org
   and a.project_id = :project_id
   and a.id = :id;

-- name: list_claims    Return a project's claims, newest first.
select {shown}
  from approved_claim a
 where a.organization_id = :org
   and a.project_id = :project_id
   and a.id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
   and coalesce((a.valid_until <= now()) = (:status = 'expired'), true)
 order by a.id desc
 limit :limit;

-- name: count_claims    Count a project's claims, expired ones included; the caller locked the project.
select count(*)
  from approved_claim
 where organization_id = :org
   and project_id = :project_id;

-- name: insert_claim    Insert a claim.
insert into approved_claim (organization_id, project_id, id, text, source, approved_by, valid_until)
values (:org, :project_id, :id, :text, :source, :approved_by, :valid_until);

-- name: delete_claim    Delete a claim and return its text; the caller locked the project.
delete from approved_claim
 where organization_id = :org
   and project_id = :project_id
   and id = :id
returning text;

-- name: list_waiting_posts
-- Return the waiting posts of all content with a claim. The index of claims finds the content first.
with contents as materialized (
  select id
    from content_item
   where organization_id = :org
     and approved_claim_ids <> '{}'
     and approved_claim_ids @> array[:id::uuid])
select p.id, p.job_id, p.social_account_id
  from contents c
 cross join lateral (
         select id, job_id, social_account_id
           from scheduled_post
          where organization_id = :org
            and content_id = c.id
            and status in ('blocked', 'queued')
         offset 0) p
 order by p.id;

-- part: end_of_use
-- The time until which a content needs its claims: the time of its last waiting post, at least now.
select greatest(max(p.scheduled_for), now()) as at
     from scheduled_post p
    where p.organization_id = :org
      and p.content_id = :content_id
      and p.status in ('blocked', 'queued')

-- name: list_usable
-- Return the claims that a content's next revision may use, in the order of their creation. Each lasts for
-- `margin_s` seconds at least, and until the last waiting post of the content.
with end_of_use as (
   {end_of_use})
select a.id, a.text
  from end_of_use e
  join approved_claim a on a.organization_id = :org and a.project_id = :project_id
 where a.valid_until > greatest(e.at, now() + :margin_s * interval '1 second')
 order by a.id;

-- name: list_of_files    Return the ids of the claims in the content that stored files belong to.
select distinct u.id
  from content_asset f
  join content_item c on c.organization_id = f.organization_id and c.id = f.content_id
 cross join unnest(c.approved_claim_ids) as u (id)
 where f.organization_id = :org
   and f.token = any(:tokens::text[])
 order by u.id;

-- name: find_ended_of_revision
-- Return the first claim of a new revision that was deleted, or ends by the content's last waiting post.
with end_of_use as (
   {end_of_use})
select u.id, a.valid_until
  from end_of_use e
 cross join unnest(:ids::uuid[]) as u (id)
  left join approved_claim a on a.organization_id = :org and a.id = u.id
 where coalesce(a.valid_until <= e.at, true)
 order by u.id
 limit 1;

-- name: find_ended
-- Return the first claim of a content that was deleted, or ends by `at` or now.
select u.id, a.valid_until
  from content_item c
 cross join unnest(c.approved_claim_ids) as u (id)
  left join approved_claim a on a.organization_id = c.organization_id and a.id = u.id
 where c.organization_id = :org
   and c.id = :content_id
   and coalesce(a.valid_until <= greatest(:at::timestamptz, statement_timestamp()), true)
 order by u.id
 limit 1;

-- name: find_ended_of_post    Return the first claim of a post's content that was deleted or has ended.
select u.id, a.valid_until
  from scheduled_post p
  join content_item c on c.organization_id = p.organization_id and c.id = p.content_id
 cross join unnest(c.approved_claim_ids) as u (id)
  left join approved_claim a on a.organization_id = c.organization_id and a.id = u.id
 where p.organization_id = :org
   and p.id = :post_id
   and coalesce(a.valid_until <= statement_timestamp(), true)
 order by u.id
 limit 1;
