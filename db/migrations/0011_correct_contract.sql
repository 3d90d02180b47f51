-- What the contract says of answers that were there before: when a post changed last, which version a replayed answer had, which
-- project an entry of the audit log is about, and lists by more than one of their columns.

alter table scheduled_post add column updated_at timestamptz not null default now();

-- Of the answer; null for one without a version.
alter table idempotency_key add column etag text;

alter table audit_log add column project_id uuid;
update audit_log set project_id = substr(subject, 5)::uuid where subject like 'prj\_%';
update audit_log a set project_id = c.project_id
  from content_item c
 where a.subject like 'cnt\_%' and c.organization_id = a.organization_id and c.id = substr(a.subject, 5)::uuid;
update audit_log a set project_id = s.project_id
  from social_account s
 where a.subject like 'sa\_%' and s.organization_id = a.organization_id and s.id = substr(a.subject, 4)::uuid;
update audit_log a set project_id = r.project_id
  from lease_request r
 where a.subject like 'lreq\_%' and r.organization_id = a.organization_id and r.id = substr(a.subject, 6)::uuid;
create index audit_log_project on audit_log (organization_id, project_id, id) where project_id is not null;
create index audit_log_key     on audit_log (organization_id, api_key_id, id) where api_key_id is not null;

create index scheduled_post_account on scheduled_post (organization_id, project_id, social_account_id, id);
create index content_item_format   on content_item (organization_id, format, project_id, id);
create index content_item_creative on content_item (organization_id, creative_type, project_id, id);
create index social_account_platform on social_account (organization_id, platform, project_id, id);
create index social_account_status   on social_account (organization_id, status, project_id, id);
create index social_account_leased   on social_account (organization_id, project_id, id) where owner_account_id is not null;
create index lease_request_project on lease_request (organization_id, project_id, id);
