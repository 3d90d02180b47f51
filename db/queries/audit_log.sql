-- name: insert_entry
insert into audit_log (organization_id, id, api_key_id, action, subject, details)
values (:org, :id, :api_key_id, :action, :subject, :details);

-- part: page    the rest of each search of a page
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by id desc
    limit :limit

-- name: list_entries    newest first
with found as (
  -- One of the two searches is begun: each has an index, and a plan for both at once would have none.
  (select *
     from audit_log
    where organization_id = :org
      and :action::text is null
      {page})
  union all
  (select *
     from audit_log
    where organization_id = :org
      and action = :action
      {page}))
select id, action, subject, api_key_id, details, created_at
  from found
 order by id desc;

-- name: prune_entries    those whose ids were made before `before`, by each tenant's primary key
with old as (
  -- A batch.
  select a.organization_id, a.id
    from organization o
   cross join lateral (
           select organization_id, id
             from audit_log
            where organization_id = o.id
              and id < :before
            order by id
            limit :limit) a
   limit :limit)
delete from audit_log a
 using old
 where a.organization_id = old.organization_id
   and a.id = old.id;
