-- TikTok and Instagram: steps of preparing that are remembered, drafts in an inbox, posts without a name of their own.

alter table scheduled_post
    -- What the adapter prepared and nobody else may know: where to upload to.
    add column sealed bytea,
    add column vault_key_id text,
    -- Who may see it, where the platform lets its user choose; null: everybody.
    add column privacy_level text check (privacy_level in ('public', 'friends', 'followers', 'private')),
    add check ((sealed is null) = (vault_key_id is null)),
    drop constraint scheduled_post_status_check,
    add constraint scheduled_post_status_check check (status in
        ('blocked', 'queued', 'publishing', 'published', 'draft_in_inbox', 'failed', 'canceled', 'outcome_unknown')),
    -- A post may be proved to be live before its platform has a name for it, or among others that look like it.
    drop constraint scheduled_post_check7;

-- Addresses of ours that one call alone makes known: whether one was fetched tells what became of the call. Once closed,
-- none leads anywhere any more.
create table media_ticket (
    organization_id uuid not null,
    post_id         uuid not null,
    ticket          text not null unique check (length(ticket) = 43),
    created_at      timestamptz not null default now(),
    fetched_at      timestamptz,
    closed_at       timestamptz,
    primary key (organization_id, post_id, ticket),
    foreign key (organization_id, post_id) references scheduled_post (organization_id, id)
);
create index media_ticket_age on media_ticket (created_at);
-- Looked through when a ring is checked or changed: nearly no row has a secret.
create index scheduled_post_sealed on scheduled_post (vault_key_id) where vault_key_id is not null;

-- Lists by a status that few have.
create index scheduled_post_status on scheduled_post (organization_id, status, project_id, id);
create index content_item_status   on content_item (organization_id, status, project_id, id);
-- And, as the index that it replaces, what waits for an approval and what has one.
create index content_item_approval on content_item (organization_id, approval_status, project_id, id);
drop index content_item_gate;
-- What a post that is not there counted in its account's quota.
create index account_send_post on account_send (organization_id, post_id);

-- Instagram's tokens are extended while they last, whether posts go out or not: when that is due next.
alter table account_credential add column refresh_at timestamptz;
create index account_credential_refresh on account_credential (refresh_at) where refresh_at is not null;
-- Whether anybody else still uses an account whose access is taken back.
create index social_account_identity on social_account (platform, external_id) where disconnected_at is null;

-- TikTok tells of a post by its own id, and knows no organization.
create index scheduled_post_publish on scheduled_post ((handle->>'publishId')) where handle->>'publishId' is not null;

-- Leases: an operator offers accounts of an organization of their own, and each lease of one is an account of its own in a tenant's
-- project, so that nothing of one tenant is there for the next to see. Its credential, its quota and its rests are the owner's.
create extension if not exists btree_gist;

alter table social_account
    add column owner_organization_id uuid,
    add column owner_account_id      uuid,
    -- For lease, until it is withdrawn, and what it is about; among those of all organizations (`live`), or of one sandbox.
    add column offered_at            timestamptz,
    add column niche                 text,
    add column offered_in            text,
    -- Of a lease: why it ended.
    add column disconnect_reason     text check (disconnect_reason in ('released', 'recalled', 'project_archived')),
    add foreign key (owner_organization_id, owner_account_id) references social_account (organization_id, id),
    add check ((owner_organization_id is null) = (owner_account_id is null)),
    add check ((offered_at is null) = (niche is null)),
    add check ((offered_at is null) = (offered_in is null)),
    add check (offered_at is null or owner_account_id is null);
-- Operators name accounts without their organizations.
create unique index social_account_id on social_account (id);
create index social_account_offered on social_account (id) where offered_at is not null;
-- Two projects may have connected one account, and would lend it twice.
create unique index social_account_offer on social_account
    (platform, external_id, (case platform when 'bluesky' then '' else service_url end), offered_in) where offered_at is not null;

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
    -- Why the operators assign no more.
    reason          text,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    unique (organization_id, project_id, id)
);
create index lease_request_status on lease_request (status, id);

-- Who had an account of the owner's, and when: never two at once.
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

-- The sends of all leases of an account count as one's.
alter table account_send add column owner_account_id uuid;
drop index account_send_window;
create index account_send_window on account_send ((coalesce(owner_account_id, account_id)), at);
