-- Publishing: accounts on platforms with their credentials and leases, posts with their outcome, collected metrics.

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
-- Operators name accounts without their organizations.
create unique index social_account_id on social_account (id);
create index social_account_project  on social_account (organization_id, project_id, id);
create index social_account_platform on social_account (organization_id, platform, project_id, id);
create index social_account_status   on social_account (organization_id, status, project_id, id);
create index social_account_of_all   on social_account (organization_id, status, id);
create index social_account_leased   on social_account (organization_id, project_id, id) where owner_account_id is not null;
-- The leases of an account, also for the foreign key check at its deletion by a purge.
create index social_account_owner    on social_account (owner_account_id) where owner_account_id is not null;
-- Other users of an account, before its access is revoked.
create index social_account_identity on social_account (platform, external_id) where disconnected_at is null;
create index social_account_collect  on social_account (collect_at) where collect_at is not null;
-- A DID is one account on any server, and may move to another server.
create unique index social_account_external on social_account
    (organization_id, project_id, platform, (case platform when 'bluesky' then '' else service_url end), external_id)
    where disconnected_at is null;
create index social_account_offered on social_account (id) where offered_at is not null;
-- Two projects may have connected one account, but only one may lend it.
create unique index social_account_offer on social_account
    (platform, external_id, (case platform when 'bluesky' then '' else service_url end), offered_in)
    where offered_at is not null;
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

-- One post of one content to one account. docs/explain/publishing.md has its states. `phase` is the progress of the sending:
-- from `sending` on the platform may have the post, and only the platform's own report ends it.
create table scheduled_post (
    organization_id   uuid not null,
    project_id        uuid not null,
    id                uuid not null,
    content_id        uuid not null,
    social_account_id uuid not null,
    platform          text not null,
    mode              text not null check (mode in ('direct', 'draft')),
    status            text not null check (status in
                          ('blocked', 'queued', 'publishing', 'published', 'draft_in_inbox', 'failed', 'canceled',
                           'outcome_unknown')),
    phase             text check (phase in ('preparing', 'prepared', 'sending', 'accepted', 'confirming')),
    -- The `publish_post` job of a queued post and of its later states; a blocked post has none.
    job_id            uuid,
    scheduled_for     timestamptz not null,
    caption_override  text,
    -- Of captions and files: the same content isn't sent to an account twice in a day.
    fingerprint       bytea not null check (length(fingerprint) = 32),
    -- No sooner again after a failed attempt.
    not_before        timestamptz,
    -- The adapter's preparation: its handle, the exact request, and the revision of the content in them.
    handle            jsonb,
    request           bytea,
    content_revision  integer,
    -- The time right before the latest first irreversible call.
    attempted_at      timestamptz,
    sent_at           timestamptz,
    published_at      timestamptz,
    canceled_at       timestamptz,
    cancel_reason     text,
    -- A person decided the outcome.
    resolved_at       timestamptz,
    external_id       text,
    external_url      text,
    last_error        jsonb,
    version           bigint not null default 1,
    created_at        timestamptz not null default now(),
    -- The secret part of the adapter's preparation: the upload address.
    sealed            bytea,
    vault_key_id      text,
    -- The audience, if the platform's user chooses one; null: everybody.
    privacy_level     text check (privacy_level in ('public', 'friends', 'followers', 'private')),
    updated_at        timestamptz not null default now(),
    -- The post's own caption awaits its approval.
    caption_pending   boolean not null default false,
    -- The AI label of the sent post. Null: not sent yet, or sent by a release without labels.
    ai_label          text check (ai_label in ('labelled', 'not_needed', 'not_supported')),
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    foreign key (organization_id, project_id, content_id) references content_item (organization_id, project_id, id),
    foreign key (organization_id, project_id, social_account_id) references social_account (organization_id, project_id, id),
    check (status <> 'blocked' or (job_id is null and phase is null)),
    check (status <> 'queued' or job_id is not null),
    check (status <> 'queued' or phase is null or phase in ('preparing', 'prepared')),
    check (status <> 'publishing' or phase in ('sending', 'accepted', 'confirming')),
    check (phase is null or phase = 'preparing' or (handle is not null and request is not null)),
    check ((status = 'published') = (published_at is not null)),
    check ((status = 'canceled') = (canceled_at is not null)),
    check ((sealed is null) = (vault_key_id is null)),
    constraint scheduled_post_caption check (not caption_pending or status in ('blocked', 'canceled'))
);
create index scheduled_post_project   on scheduled_post (organization_id, project_id, id);
create index scheduled_post_job       on scheduled_post (organization_id, job_id) where job_id is not null;
create index scheduled_post_content   on scheduled_post (organization_id, content_id, id);
create index scheduled_post_account   on scheduled_post (organization_id, project_id, social_account_id, id);
-- A list of a period reads only its own posts.
create index scheduled_post_time      on scheduled_post (organization_id, project_id, scheduled_for);
-- Lists by a status that few posts may have, of a project and of all projects.
create index scheduled_post_status    on scheduled_post (organization_id, status, project_id, id);
create index scheduled_post_of_all    on scheduled_post (organization_id, status, id)
    where status not in ('queued', 'published');
-- Posts of an account or a project that may still change: for the next post, archives, disconnects.
create index scheduled_post_turn      on scheduled_post (organization_id, social_account_id, scheduled_for, id)
    where status in ('queued', 'publishing');
create index scheduled_post_open      on scheduled_post (organization_id, project_id, id)
    where status in ('blocked', 'queued', 'publishing');
create index scheduled_post_same      on scheduled_post (organization_id, social_account_id, fingerprint);
create unique index scheduled_post_external on scheduled_post (organization_id, social_account_id, external_id)
    where external_id is not null;
create index scheduled_post_published on scheduled_post (organization_id, social_account_id, published_at)
    where published_at is not null;
-- For checks and rotations of a keyring: nearly no row has a secret.
create index scheduled_post_sealed    on scheduled_post (vault_key_id) where vault_key_id is not null;
-- TikTok reports on a post by its own id, without an organization.
create index scheduled_post_publish   on scheduled_post ((handle->>'publishId')) where handle->>'publishId' is not null;
-- A post is scheduled once it waits for its time, and again if its time changes.
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

-- The history of a post, written in the transaction of each change.
create table post_event (
    organization_id uuid not null,
    post_id         uuid not null,
    id              uuid not null,
    type            text not null,
    details         jsonb not null default '{}',
    created_at      timestamptz not null default now(),
    primary key (organization_id, post_id, id),
    foreign key (organization_id, post_id) references scheduled_post (organization_id, id)
);

-- Single-use media URLs, each for one call to a platform: a fetch shows that the call arrived. A closed URL is invalid.
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

-- The ledger of sends for quotas: one row for each irreversible call, written before it.
create table account_send (
    organization_id  uuid not null,
    account_id       uuid not null,
    id               uuid not null,
    -- Null after a purge of the post: the send of a leased account still counts in its owner's quota.
    post_id          uuid,
    at               timestamptz not null default now(),
    -- The sends of all leases of an account count together.
    owner_account_id uuid,
    primary key (organization_id, account_id, id),
    foreign key (organization_id, account_id) references social_account (organization_id, id),
    foreign key (organization_id, post_id) references scheduled_post (organization_id, id)
);
create index account_send_window on account_send ((coalesce(owner_account_id, account_id)), at);
create index account_send_age on account_send (at);
-- The quota of a post that turned out not to exist is given back.
create index account_send_post on account_send (organization_id, post_id);

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

-- The last collection of a post's metrics, and the next one; null: never.
create table post_collection (
    organization_id uuid not null,
    post_id         uuid not null,
    account_id      uuid not null,
    asked_at        timestamptz not null,
    due_at          timestamptz,
    primary key (organization_id, post_id),
    foreign key (organization_id, post_id) references scheduled_post (organization_id, id)
);
create index post_collection_due on post_collection (organization_id, account_id, due_at) where due_at is not null;

-- A metric of a post or of an account at a time, as its platform reported it. An unchanged value makes no row.
create table metric_snapshot (
    organization_id uuid not null,
    account_id      uuid not null,
    subject_id      uuid not null,
    metric          text not null check (metric in ('views', 'reach', 'impressions', 'likes', 'comments', 'shares', 'saves',
                                                    'watch_time_ms', 'followers')),
    at              timestamptz not null,
    value           bigint not null,
    -- Since the previous row, or since the post was published; null: the start is unknown.
    delta           bigint,
    primary key (organization_id, subject_id, metric, at),
    foreign key (organization_id, account_id) references social_account (organization_id, id)
);
create index metric_snapshot_account on metric_snapshot (organization_id, account_id, metric, at)
    include (subject_id, delta, value);
