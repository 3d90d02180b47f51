-- revision 1
-- Insert an event with its deliveries, if any endpoint of the organization subscribes to it. Return its id, or null.
-- `told_only`: deliver to this endpoint only, for any subscription. `about`: the endpoint that is the object of the event;
-- all other endpoints get the event.
create or replace function emit_webhook_event(org uuid, project uuid, what text, object uuid, told_only uuid, about uuid)
returns uuid
language plpgsql volatile as $$
declare
    made uuid;
begin
    if not exists (
        select from webhook_endpoint e
         where e.organization_id = org and e.deleted_at is null
           and (told_only is null or e.id = told_only) and (about is null or e.id <> about)
           and (e.project_id is null or e.project_id = project)
           and (told_only is not null or about is not null or e.events && array[what, '*'])
           and (e.expires_at is null or e.expires_at > now())) then
        return null;
    end if;
    insert into webhook_event (organization_id, project_id, id, type, object_id)
    values (org, project, new_uuid(), what, object)
    returning id into made;
    insert into webhook_delivery (organization_id, endpoint_id, event_id, id, type)
    select org, e.id, made, new_uuid(), what
      from webhook_endpoint e
     where e.organization_id = org and e.deleted_at is null
       and (told_only is null or e.id = told_only) and (about is null or e.id <> about)
       and (e.project_id is null or e.project_id = project)
       and (told_only is not null or about is not null or e.events && array[what, '*'])
       and e.status in ('active', 'paused');
    return made;
end
$$;
