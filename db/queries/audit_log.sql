-- part: page    the rest of each search of a page
-- Of the filters one leads, with an index of its own. The others let all pass for a null; as `coalesce` no
-- index is tried for them, and the planner takes them to let half of the rows pass, not next to none.
-- Made in a time: by the row's own, and by its id, which each index has and another clock may have made.
-- (A plan for given values drops what is null, and finds the rest by the index: it is the cheaper one.)
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and (:from_id::uuid is null or id >= :from_id)
      and coalesce(created_at >= :since::timestamptz, true)
      and coalesce(created_at < :until::timestamptz, true)
      and coalesce(action = any(:actions::text[]), true)
      and coalesce(api_key_id = any(:api_key_ids::uuid[]), true)
    order by id desc
    limit :limit

-- name: insert_entry
insert into audit_log (organization_id, id, api_key_id, action, subject, project_id, details)
values (:org, :id, :api_key_id, :action, :subject,
        coalesce(:project_id,
                 (select project_id from social_account where organization_id = :org and id = :account_id)),
        :details);

-- name: list_entries    newest first
with found as (
  -- One of the four searches is begun: each has an index, and a plan for all at once would have none.
  (select *
     from audit_log
    where organization_id = :org
      and :project_id::uuid is null
      and :api_key_id::uuid is null
      and :action::text is null
      {page})
  union all
  (select *
     from audit_log
    where organization_id = :org
      and project_id = :project_id
      {page})
  union all
  (select *
     from audit_log
    where organization_id = :org
      and api_key_id = :api_key_id
      {page})
  union all
  (select *
     from audit_log
    where organization_id = :org
      and action = :action
      {page}))
select a.id, a.action, a.subject, a.project_id, a.api_key_id, a.details, a.created_at
  from found a
 order by a.id desc;

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

-- name: are_known    whether all are the tenant's; a project that was purged left its entries
select coalesce((
         select bool_and(p.one is not null or a.one is not null)
           from unnest(:project_ids::uuid[]) as s (id)
           left join lateral (
             select 1 as one
               from project
              where organization_id = :org
                and id = s.id
              limit 1) p on true
           left join lateral (
             select 1 as one
               from audit_log
              where organization_id = :org
                and project_id = s.id
              limit 1) a on true
       ), true) as projects,
       coalesce((
         select bool_and(k.one is not null)
           from unnest(:api_key_ids::uuid[]) as s (id)
           left join lateral (
             select 1 as one
               from api_key
              where organization_id = :org
                and id = s.id
              limit 1) k on true
       ), true) as api_keys;
