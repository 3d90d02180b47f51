-- name: insert_entry
insert into audit_log (organization_id, id, api_key_id, action, subject, details)
values (:org, :id, :api_key_id, :action, :subject, :details);

-- name: list_entries
select id, action, subject, api_key_id, details, created_at
  from audit_log
 where organization_id = :org
   and (:before::uuid is null or id < :before)
   and (:action::text is null or action = :action)
 order by id desc
 limit :limit;
