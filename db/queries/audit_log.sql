-- part: page
-- Remaining filters of each search of a page. Each search leads with one filter, which has an index. A null
-- filter matches all rows. Inside `coalesce` the planner tries no index and estimates half of the rows, not
-- almost none. A period uses the row's own time, and its id, which every index contains although another
-- clock set it. (A custom plan drops null filters and finds the period by the index, which is cheaper.)
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and (:from_id::uuid is null or id >= :from_id)
      and coalesce(created_at >= :since::timestamptz, true)
      and coalesce(created_at < :until::timestamptz, true)
      and coalesce(action = any(:actions::text[]), true)
      and coalesce(api_key_id = any(:api_key_ids::uuid[]), true)
    order by id desc
    limit :limit

-- name: insert_entry    Insert an entry; its project may be given by an account.
insert into audit_log (organization_id, id, api_key_id, action, subject, project_id, details)
values (:org, :id, :api_key_id, :action, :subject,
        coalesce(:project_id,
                 (select project_id from social_account where organization_id = :org and id = :account_id)),
        :details);

-- name: list_entries    Return an organization's entries, newest first.
with entries as (
  -- Only one of the four searches runs: each has an index, and a combined filter would have none.
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
  from entries a
 order by a.id desc;

-- name: prune_entries
-- Delete a batch of entries with ids older than `before`, by each tenant's primary key.
with expired_entries as (
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
 using expired_entries
 where a.organization_id = expired_entries.organization_id
   and a.id = expired_entries.id;

-- name: are_known
-- Return whether all projects and keys belong to the tenant; entries identify a purged project.
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
