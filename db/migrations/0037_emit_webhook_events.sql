-- Webhook events are written by triggers, so that whatever changes a row tells of it in its own transaction, the statements of an
-- older release included (docs/decisions/0041-events-by-triggers.md). A condition keeps them from running on any other change, and
-- where an organization has no endpoint all that they do is look into an index that nearly nobody is in.

create function tell_webhooks() returns trigger
language plpgsql as $$
declare
    what text := tg_argv[0];
begin
    if not exists (
        select from webhook_endpoint e
         where e.organization_id = new.organization_id and e.deleted_at is null) then
        return null;
    end if;
    if what = 'project.archived' then
        perform emit_webhook_event(new.organization_id, new.id, what, new.id, null, null);
        return null;
    elsif what = 'webhook_endpoint.disabled' then
        perform emit_webhook_event(new.organization_id, new.project_id, what, new.id, null, new.id);
        return null;
    elsif what = 'content.generated' then
        perform emit_webhook_event(c.organization_id, c.project_id, what, c.id, null, null)
           from content_item c
          where c.organization_id = new.organization_id and c.id = new.content_id;
        return null;
    elsif what = 'job' then
        what := 'job.' || new.state;
    elsif what = 'content' then
        what := 'content.' || new.approval_status;
    elsif what = 'post' then
        what := 'post.' || case new.status when 'queued' then 'scheduled' else new.status end;
    elsif what = 'social_account' then
        what := 'social_account.' || case new.status when 'reauth_required' then 'needs_reauth'
                                                     when 'disconnected' then 'revoked'
                                                     else new.status end;
    end if;
    perform emit_webhook_event(new.organization_id, new.project_id, what, new.id, null, null);
    return null;
end
$$;

create trigger tell_archived after update of status on project
    for each row when (new.status = 'archived' and old.status <> 'archived')
    execute function tell_webhooks('project.archived');

create trigger tell_ended after update of finished_at on job
    for each row when (new.finished_at is not null and old.finished_at is null and not new.internal)
    execute function tell_webhooks('job');

create trigger tell_generated after update of provenance on content_generation
    for each row when (new.provenance is not null and old.provenance is null)
    execute function tell_webhooks('content.generated');
create trigger tell_decided after update of approval_status on content_item
    for each row when (new.approval_status in ('approved', 'rejected') and new.approval_status <> old.approval_status)
    execute function tell_webhooks('content');

-- A post is scheduled when it begins to wait for its time, and when that is another one.
create trigger tell_scheduled after insert on scheduled_post
    for each row when (new.status = 'queued')
    execute function tell_webhooks('post');
create trigger tell_changed after update of status on scheduled_post
    for each row when (
        case new.status when 'blocked' then false
                        when 'publishing' then false
                        when 'queued' then old.status in ('blocked', 'failed')
                                           or old.status = 'queued' and new.scheduled_for <> old.scheduled_for
                        else new.status <> old.status end)
    execute function tell_webhooks('post');

create trigger tell_connected after insert on social_account
    for each row when (new.status = 'connected')
    execute function tell_webhooks('social_account');
-- Connected again it may have been connected all the time.
create trigger tell_changed after update of status on social_account
    for each row when (
        new.project_id is not null
        and (new.status <> old.status or new.status = 'connected' and new.connected_at <> old.connected_at))
    execute function tell_webhooks('social_account');

create trigger tell_assigned after update of assigned_at on lease_request
    for each row when (new.assigned_at is distinct from old.assigned_at)
    execute function tell_webhooks('lease_request.assigned');
-- Of one that was met in part the rest, too.
create trigger tell_rejected after update of reason on lease_request
    for each row when (new.reason is not null and old.reason is null)
    execute function tell_webhooks('lease_request.rejected');

create trigger tell_disabled after update of status on webhook_endpoint
    for each row when (new.status = 'disabled' and old.status <> 'disabled')
    execute function tell_webhooks('webhook_endpoint.disabled');
