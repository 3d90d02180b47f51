-- Webhooks: where a partner wants to be told, what there is to tell, and what became of each telling.

create table webhook_endpoint (
    organization_id uuid not null references organization (id),
    -- Null: it is told of all projects, and of what belongs to none.
    project_id      uuid,
    id              uuid not null,
    -- Null: nobody is sent anything, somebody reads the events themselves (`listening`).
    url             text,
    -- Types of events, or `*`.
    events          text[] not null,
    description     text,
    metadata        jsonb not null default '{}',
    status          text not null default 'active' check (status in ('active', 'paused', 'disabled', 'listening')),
    -- Why deliveries ended by themselves.
    disabled_reason text check (disabled_reason in ('GONE', 'FAILING')),
    -- Tries without a success since the last one, and when the first of them was.
    consecutive_failures integer not null default 0 check (consecutive_failures >= 0),
    failing_since   timestamptz,
    version         bigint not null default 1,
    -- Of one that is `listening`: it counts no more from then on.
    expires_at      timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    deleted_at      timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    check ((url is null) = (status = 'listening')),
    check ((expires_at is not null) = (status = 'listening')),
    check ((disabled_reason is not null) = (status = 'disabled')),
    check ((failing_since is null) = (consecutive_failures = 0))
);
-- Probed by whatever emits: nearly no organization is in it.
create index webhook_endpoint_live on webhook_endpoint (organization_id) where deleted_at is null;
create index webhook_endpoint_project on webhook_endpoint (organization_id, project_id) where project_id is not null;

-- What deliveries are signed with: one, and for a day the one before it.
create table webhook_secret (
    organization_id uuid not null,
    endpoint_id     uuid not null,
    id              uuid not null,
    sealed          bytea not null,
    vault_key_id    text not null,
    created_at      timestamptz not null default now(),
    -- Null: the current one.
    expires_at      timestamptz,
    primary key (organization_id, endpoint_id, id),
    foreign key (organization_id, endpoint_id) references webhook_endpoint (organization_id, id) on delete cascade
);

-- What has happened, from the transaction in which it did. Without keys to what it is about: an event may outlive a job.
create table webhook_event (
    organization_id uuid not null,
    project_id      uuid,
    id              uuid not null,
    type            text not null,
    -- What it is about.
    object_id       uuid not null,
    -- What is sent, the same bytes to everybody; null until somebody needs it first.
    body            bytea,
    -- Its transaction: events are read in the order of these by whoever wants each of them once.
    xid             xid8 not null default pg_current_xact_id(),
    created_at      timestamptz not null default clock_timestamp(),
    primary key (organization_id, id)
);
create index webhook_event_order on webhook_event (organization_id, xid, id);
create index webhook_event_project on webhook_event (organization_id, project_id, id) where project_id is not null;
create index webhook_event_type on webhook_event (organization_id, type, id);

-- The number of a rendering: it grows, so that of two that tell of one object the one with the higher number is newer.
create sequence webhook_version;

-- One event on its way to one endpoint. Without keys to either: whoever emits an event waits for nobody who changes an endpoint.
create table webhook_delivery (
    organization_id uuid not null,
    endpoint_id     uuid not null,
    event_id        uuid not null,
    id              uuid not null,
    -- The event's.
    type            text not null,
    status          text not null default 'pending' check (status in ('pending', 'delivering', 'delivered', 'failed', 'abandoned')),
    attempts        integer not null default 0 check (attempts >= 0),
    -- Of one that is pending: no sooner.
    next_at         timestamptz not null default now(),
    -- What the last try came to: the answer's status, or why there was none.
    http_status     smallint,
    error_code      text,
    attempted_at    timestamptz,
    -- When it came to its end.
    ended_at        timestamptz,
    -- The delivery that somebody asked to be sent again.
    replay_of       uuid,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    check ((ended_at is not null) = (status in ('delivered', 'failed', 'abandoned')))
);
create index webhook_delivery_endpoint on webhook_delivery (organization_id, endpoint_id, id);
create index webhook_delivery_event on webhook_delivery (organization_id, event_id);
create index webhook_delivery_due on webhook_delivery (organization_id, endpoint_id, next_at, id) where status = 'pending';

-- A UUIDv7 as schemas/ids.py makes them: milliseconds, 12 bits of the fraction, chance.
create function new_uuid() returns uuid
language sql volatile parallel safe as $$
    select encode(int8send((micros / 1000) << 16 | 28672 | ((micros % 1000) << 12) / 1000)
                  || substring(uuid_send(gen_random_uuid()) from 9), 'hex')::uuid
      from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as micros) t
$$;

-- An event, if any endpoint of its organization wants it, and its deliveries. `told_only`: of an endpoint alone, whatever it
-- wants. `about`: the endpoint that it is about, which is the one that isn't told; all others are.
create function emit_webhook_event(org uuid, project uuid, what text, object uuid, told_only uuid, about uuid)
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
