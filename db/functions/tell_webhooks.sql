-- revision 1
-- Trigger: emit the webhook event of a changed row. The argument is the event's type, or the kind of object for a type by
-- its state.
create or replace function tell_webhooks() returns trigger
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
