-- Social accounts on platforms, with their credentials and the state of their metrics collection.

-- Our own registration with an instance of a platform (RFC 7591), for all tenants; the client's secret is sealed.
create table platform_app (
    platform     text not null check (platform in ('bluesky', 'mastodon', 'tiktok', 'instagram')),
    service_url  text not null,
    redirect_uri text not null,
    client_id    text not null,
    sealed       bytea not null,
    vault_key_id text not null,
    created_at   timestamptz not null default now(),
    -- The first successful login. Before that a server may drop the registration (Mastodon 4.2 does, after a day).
    proved_at    timestamptz,
    primary key (platform, service_url, redirect_uri)
);

-- A lease of an account is an account of its own in a tenant's project, so that a tenant sees nothing of the one before. Its
-- credential, quota and backoffs are the owner's.
create table social_account (
    organization_id       uuid not null,
    project_id            uuid,
    id                    uuid not null,
    platform              text not null check (platform in ('bluesky', 'mastodon', 'tiktok', 'instagram')),
    -- Of the account's instance or server, without a slash at the end.
    service_url           text not null,
    -- The platform's own, stable name of the account: a DID, a number. The handle may change.
    external_id           text not null,
    handle                text not null,
    avatar_url            text,
    -- Properties of the server, found while connecting: its software, its limits.
    traits                jsonb not null default '{}',
    status                text not null default 'connected'
                          check (status in ('connected', 'reauth_required', 'disconnected')),
    -- At most `quota_posts` sends in any `quota_window_s` seconds; null: the platform's own figures.
    quota_posts           integer check (quota_posts > 0),
    quota_window_s        integer check (quota_window_s > 0),
    -- The platform requested a pause until then.
    cooldown_until        timestamptz,
    -- The post that is being prepared and sent, one at a time (docs/decisions/0012-turns-instead-of-lanes.md).
    turn_post_id          uuid,
    connected_at          timestamptz not null default now(),
    disconnected_at       timestamptz,
    -- The number of posts canceled by the disconnect; a repeated disconnect returns it again.
    canceled_posts        integer,
    owner_organization_id uuid,
    owner_account_id      uuid,
    -- Offered for lease until it is withdrawn, with its niche: to all organizations (`live`), or in one sandbox.
    offered_at            timestamptz,
    niche                 text,
    offered_in            text,
    -- Of a lease: the reason of its end.
    disconnect_reason     text check (disconnect_reason in ('released', 'recalled', 'project_archived')),
    -- The next collection run of the account's metrics; null: never again.
    collect_at            timestamptz default now(),
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    foreign key (owner_organization_id, owner_account_id) references social_account (organization_id, id),
    unique (organization_id, project_id, id),
    check ((status = 'disconnected') = (disconnected_at is not null)),
    check ((status = 'disconnected') = (canceled_posts is not null)),
    check ((quota_posts is null) = (quota_window_s is null)),
    check ((owner_organization_id is null) = (owner_account_id is null)),
    check ((offered_at is null) = (niche is null)),
    check ((offered_at is null) = (offered_in is null)),
    check (offered_at is null or owner_account_id is null),
    -- A formerly leased account outlives its purged project as a tombstone for the rows that refer to it.
    constraint social_account_stub check (
        project_id is not null
        or (status = 'disconnected' and offered_at is null and owner_account_id is null and turn_post_id is null
            and service_url = '' and external_id = '' and handle = '' and avatar_url is null and traits = '{}'))
);
-- In the order of their creation by earlier releases: of two equally cheap plans PostgreSQL takes the older index's.
create index social_account_project  on social_account (organization_id, project_id, id);
-- A DID is one account on any server, and may move to another server.
create unique index social_account_external on social_account
    (organization_id, project_id, platform, (case platform when 'bluesky' then '' else service_url end), external_id)
    where disconnected_at is null;
-- Other users of an account, before its access is revoked.
create index social_account_identity on social_account (platform, external_id) where disconnected_at is null;
-- Operators name accounts without their organizations.
create unique index social_account_id on social_account (id);
create index social_account_offered on social_account (id) where offered_at is not null;
-- Two projects may have connected one account, but only one may lend it.
create unique index social_account_offer on social_account
    (platform, external_id, (case platform when 'bluesky' then '' else service_url end), offered_in)
    where offered_at is not null;
create index social_account_platform on social_account (organization_id, platform, project_id, id);
create index social_account_status   on social_account (organization_id, status, project_id, id);
create index social_account_leased   on social_account (organization_id, project_id, id) where owner_account_id is not null;
-- The leases of an account, also for the foreign key check at its deletion by a purge.
create index social_account_owner    on social_account (owner_account_id) where owner_account_id is not null;
create index social_account_collect  on social_account (collect_at) where collect_at is not null;
create index social_account_of_all   on social_account (organization_id, status, id);
create trigger tell_connected after insert on social_account
    for each row when (new.status = 'connected')
    execute function tell_webhooks('social_account');
-- A connect of a connected account changes only `connected_at`.
create trigger tell_changed after update of status on social_account
    for each row when (
        new.project_id is not null
        and (new.status <> old.status or new.status = 'connected' and new.connected_at <> old.connected_at))
    execute function tell_webhooks('social_account');

-- The credential of an account, never in the account's row. `generation` grows with each refresh: a late refresh can't
-- overwrite a newer one.
create table account_credential (
    organization_id uuid not null,
    account_id      uuid not null,
    sealed          bytea not null,
    vault_key_id    text not null,
    generation      bigint not null default 1,
    -- Of the access token; null: it doesn't expire.
    expires_at      timestamptz,
    rotated_at      timestamptz not null default now(),
    -- The next extension of a token that must be extended before it expires, as Instagram's.
    refresh_at      timestamptz,
    primary key (organization_id, account_id),
    foreign key (organization_id, account_id) references social_account (organization_id, id)
);
create index account_credential_refresh on account_credential (refresh_at) where refresh_at is not null;

-- The result of an account's last collection runs. No row before the first run.
create table account_collection (
    organization_id uuid not null,
    account_id      uuid not null,
    -- The end of the last complete run.
    asked_at        timestamptz,
    -- Failed runs in a row, and the code of the last one.
    failures        integer not null default 0,
    error           text,
    primary key (organization_id, account_id),
    foreign key (organization_id, account_id) references social_account (organization_id, id)
);
