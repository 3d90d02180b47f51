-- Leases of accounts: requests of tenants, and the period of each lease.

create table lease_request (
    organization_id uuid not null,
    project_id      uuid not null,
    id              uuid not null unique,
    count           integer not null check (count between 1 and 50),
    niche           text not null,
    platform        text check (platform in ('bluesky', 'mastodon', 'tiktok', 'instagram')),
    note            text,
    status          text not null default 'requested' check (status in ('requested', 'partial', 'assigned', 'rejected')),
    -- The latest assignment.
    assigned_at     timestamptz,
    -- Why the operators assign no more accounts.
    reason          text,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    unique (organization_id, project_id, id)
);
create index lease_request_status  on lease_request (status, id);
create index lease_request_project on lease_request (organization_id, project_id, id);
-- An advance of a sandbox's clock changes both times, and is no assignment.
create trigger tell_assigned after update of assigned_at on lease_request
    for each row when (new.assigned_at is distinct from old.assigned_at and new.created_at = old.created_at)
    execute function tell_webhooks('lease_request.assigned');
-- Also for the rest of a partly assigned request.
create trigger tell_rejected after update of reason on lease_request
    for each row when (new.reason is not null and old.reason is null)
    execute function tell_webhooks('lease_request.rejected');

create extension if not exists btree_gist;
-- The leases of an owner's account over time, never two at once.
create table account_lease (
    owner_organization_id uuid not null,
    owner_account_id      uuid not null,
    organization_id       uuid not null,
    project_id            uuid not null,
    account_id            uuid not null unique,
    request_id            uuid not null,
    period                tstzrange not null check (not isempty(period)),
    primary key (organization_id, account_id),
    foreign key (owner_organization_id, owner_account_id) references social_account (organization_id, id),
    foreign key (organization_id, project_id, account_id) references social_account (organization_id, project_id, id),
    foreign key (organization_id, project_id, request_id) references lease_request (organization_id, project_id, id),
    exclude using gist (owner_account_id with =, period with &&)
);
create index account_lease_owner   on account_lease (owner_account_id);
create index account_lease_project on account_lease (organization_id, project_id, account_id);
create index account_lease_request on account_lease (organization_id, request_id);
