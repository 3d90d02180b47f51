-- Webhooks: a partner's endpoints, the events, and the delivery of each event to each endpoint.
--
-- Triggers write the events, so that each change of a row emits its event in its own transaction, also in the statements of an
-- older release (docs/decisions/0041-events-by-triggers.md). The condition of a trigger excludes all other changes. For an
-- organization without an endpoint a trigger only probes an index that is nearly empty.

create table webhook_endpoint (
    organization_id      uuid not null references organization (id),
    -- Null: events of all projects, and of none.
    project_id           uuid,
    id                   uuid not null,
    -- Null: no deliveries, a client reads the events as a stream (`listening`).
    url                  text,
    -- Types of events, or `*`.
    events               text[] not null,
    description          text,
    metadata             jsonb not null default '{}',
    status               text not null default 'active' check (status in ('active', 'paused', 'disabled', 'listening')),
    -- Why deliveries stopped automatically.
    disabled_reason      text check (disabled_reason in ('GONE', 'FAILING')),
    -- Failed attempts since the last success, and the time of the first of them.
    consecutive_failures integer not null default 0 check (consecutive_failures >= 0),
    failing_since        timestamptz,
    version              bigint not null default 1,
    -- Of a `listening` endpoint: it is ignored from then on.
    expires_at           timestamptz,
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now(),
    deleted_at           timestamptz,
    -- No delivery before this time, as the endpoint requested (Retry-After).
    retry_at             timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    check ((url is null) = (status = 'listening')),
    check ((expires_at is not null) = (status = 'listening')),
    check ((disabled_reason is not null) = (status = 'disabled')),
    check ((failing_since is null) = (consecutive_failures = 0))
);
-- Probed by each emitted event: nearly no organization is in it.
create index webhook_endpoint_live on webhook_endpoint (organization_id) where deleted_at is null;
create index webhook_endpoint_project on webhook_endpoint (organization_id, project_id) where project_id is not null;
create trigger tell_disabled after update of status on webhook_endpoint
    for each row when (new.status = 'disabled' and old.status <> 'disabled')
    execute function tell_webhooks('webhook_endpoint.disabled');

-- Signing secrets of deliveries: the current one, and for a day the previous one.
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

-- Events, each written in the transaction of its change. Without foreign keys to the object: an event may outlive a job.
create table webhook_event (
    organization_id uuid not null,
    project_id      uuid,
    id              uuid not null,
    type            text not null,
    -- The object of the event.
    object_id       uuid not null,
    -- The payload, the same bytes for all receivers; null until its first use.
    body            bytea,
    -- The event's transaction: streams read events in this order, each once.
    xid             xid8 not null default pg_current_xact_id(),
    created_at      timestamptz not null default clock_timestamp(),
    primary key (organization_id, id)
);
create index webhook_event_order   on webhook_event (organization_id, xid, id);
create index webhook_event_project on webhook_event (organization_id, project_id, id) where project_id is not null;
create index webhook_event_type    on webhook_event (organization_id, type, id);

-- The number of a payload. Of two payloads about one object the higher number is newer.
create sequence webhook_version;

-- The delivery of one event to one endpoint. Without foreign keys: an event's transaction must not wait for a change of an
-- endpoint.
create table webhook_delivery (
    organization_id uuid not null,
    endpoint_id     uuid not null,
    event_id        uuid not null,
    id              uuid not null,
    -- The event's type.
    type            text not null,
    status          text not null default 'pending'
                    check (status in ('pending', 'delivering', 'delivered', 'failed', 'abandoned')),
    attempts        integer not null default 0 check (attempts >= 0),
    -- Of a pending delivery: no sooner.
    next_at         timestamptz not null default now(),
    -- The result of the last attempt: the response's status, or the error.
    http_status     smallint,
    error_code      text,
    attempted_at    timestamptz,
    ended_at        timestamptz,
    -- The delivery that a partner requested to send again.
    replay_of       uuid,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    check ((ended_at is not null) = (status in ('delivered', 'failed', 'abandoned')))
);
create index webhook_delivery_endpoint on webhook_delivery (organization_id, endpoint_id, id);
create index webhook_delivery_event    on webhook_delivery (organization_id, event_id);
create index webhook_delivery_due      on webhook_delivery (organization_id, endpoint_id, next_at, id) where status = 'pending';
-- First attempts, which must not wait, and attempts of processes that died.
create index webhook_delivery_new      on webhook_delivery (organization_id, endpoint_id)
    where status = 'pending' and attempts = 0;
create index webhook_delivery_taken    on webhook_delivery (organization_id, endpoint_id) where status = 'delivering';
-- Lists by a status that few deliveries may have. No condition of the statements for due deliveries implies this one, so that
-- their plans can't use the index.
create index webhook_delivery_status   on webhook_delivery (organization_id, endpoint_id, status, id)
    where coalesce(status <> 'delivered', true);

create trigger tell_archived after update of status on project
    for each row when (new.status = 'archived' and old.status <> 'archived')
    execute function tell_webhooks('project.archived');
create trigger tell_ended after update of finished_at on job
    for each row when (new.finished_at is not null and old.finished_at is null and not new.internal)
    execute function tell_webhooks('job');
