-- Publishing: accounts on platforms and their credentials, content and its decisions, posts and what became of them.

-- Inputs of a job that only it may read: codes, passwords. Goes with the job's end.
create table job_secret (
    organization_id uuid not null,
    job_id          uuid not null,
    sealed          bytea not null,
    vault_key_id    text not null,
    primary key (organization_id, job_id),
    foreign key (organization_id, job_id) references job (organization_id, id) on delete cascade
);

-- A state of a platform's flow belongs to a project; `details` say which platform, instance and account. What is
-- sealed in it is the PKCE verifier, until it is used.
alter table oauth_state
    add column project_id uuid,
    add column details jsonb not null default '{}',
    -- Why it failed: a code of ours, or its job's.
    add column error_code text,
    add foreign key (organization_id, project_id) references project (organization_id, id);

-- Our own registration with an instance of a platform (RFC 7591), for all tenants; the client's secret is sealed.
create table platform_app (
    platform     text not null check (platform in ('bluesky', 'mastodon', 'tiktok', 'instagram')),
    service_url  text not null,
    redirect_uri text not null,
    client_id    text not null,
    sealed       bytea not null,
    vault_key_id text not null,
    created_at   timestamptz not null default now(),
    -- When somebody was first let in with it: until then a server may drop it (Mastodon 4.2 does, after a day).
    proved_at    timestamptz,
    primary key (platform, service_url, redirect_uri)
);

create table social_account (
    organization_id uuid not null,
    project_id      uuid not null,
    id              uuid not null,
    platform        text not null check (platform in ('bluesky', 'mastodon', 'tiktok', 'instagram')),
    -- Of the instance or server that the account lives on, without a slash at the end.
    service_url     text not null,
    -- The platform's own, stable name of the account: a DID, a number. The handle may change.
    external_id     text not null,
    handle          text not null,
    avatar_url      text,
    -- What connecting found out about the server: its software, its limits.
    traits          jsonb not null default '{}',
    status          text not null default 'connected' check (status in ('connected', 'reauth_required', 'disconnected')),
    -- At most `quota_posts` sends in any `quota_window_s` seconds; null: the platform's own figures.
    quota_posts     integer check (quota_posts > 0),
    quota_window_s  integer check (quota_window_s > 0),
    -- The platform asked for a rest until then.
    cooldown_until  timestamptz,
    -- The post that is being prepared and sent: one at a time (docs/decisions/0012-turns-instead-of-lanes.md).
    turn_post_id    uuid,
    connected_at    timestamptz not null default now(),
    disconnected_at timestamptz,
    -- How many posts its disconnecting canceled: a repeat answers the same.
    canceled_posts  integer,
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    unique (organization_id, project_id, id),
    check ((status = 'disconnected') = (disconnected_at is not null)),
    check ((status = 'disconnected') = (canceled_posts is not null)),
    check ((quota_posts is null) = (quota_window_s is null))
);
create index social_account_project on social_account (organization_id, project_id, id);
-- A DID is one account wherever it lives, and may move to another server.
create unique index social_account_external on social_account
    (organization_id, project_id, platform, (case platform when 'bluesky' then '' else service_url end), external_id)
    where disconnected_at is null;

-- What opens an account, never in its own row. `generation` grows with each refresh: a late one can't overwrite a newer.
create table account_credential (
    organization_id uuid not null,
    account_id      uuid not null,
    sealed          bytea not null,
    vault_key_id    text not null,
    generation      bigint not null default 1,
    -- Of the access token; null: it doesn't end.
    expires_at      timestamptz,
    rotated_at      timestamptz not null default now(),
    primary key (organization_id, account_id),
    foreign key (organization_id, account_id) references social_account (organization_id, id)
);

create table content_item (
    organization_id uuid not null,
    project_id      uuid not null,
    id              uuid not null,
    format          text not null check (format in ('video', 'slideshow', 'ugc_remix', 'image', 'text')),
    status          text not null check (status in ('queued', 'processing', 'completed', 'failed', 'canceled')),
    creative_type   text not null check (creative_type in ('generated', 'uploaded')),
    hook            text,
    caption         text not null,
    approval_status text not null check (approval_status in ('not_required', 'pending', 'approved', 'rejected')),
    revision        integer not null default 1 check (revision > 0),
    influencer_id   uuid,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    unique (organization_id, project_id, id)
);
create index content_item_project on content_item (organization_id, project_id, id);
-- Counted by each read of a project, and by the gate of what is new.
create index content_item_gate on content_item (organization_id, project_id, approval_status)
    where approval_status in ('pending', 'approved');

create table content_asset (
    organization_id uuid not null,
    content_id      uuid not null,
    id              uuid not null,
    position        smallint not null,
    kind            text not null check (kind in ('image', 'video')),
    mime_type       text not null,
    width           integer not null check (width > 0),
    height          integer not null check (height > 0),
    duration_ms     integer check (duration_ms > 0),
    size_bytes      bigint not null check (size_bytes > 0),
    sha256          bytea not null check (length(sha256) = 32),
    -- 256 random bits: where it lies in the storage, and in its URL, which needs no key.
    token           text not null unique check (length(token) = 43),
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    unique (organization_id, content_id, position),
    foreign key (organization_id, content_id) references content_item (organization_id, id),
    check ((kind = 'video') = (duration_ms is not null))
);

-- Each decision with the revision that the reviewer saw. An edit asks for a new one.
create table approval_decision (
    organization_id uuid not null,
    content_id      uuid not null,
    id              uuid not null,
    decision        text not null check (decision in ('approved', 'rejected')),
    revision        integer not null,
    note            text,
    api_key_id      uuid,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    unique (organization_id, content_id, revision),
    foreign key (organization_id, content_id) references content_item (organization_id, id)
);

-- One post of one content to one account. docs/explain/publishing.md has its states; `phase` is how far the sending is:
-- from `sending` on the platform may hold it, and nothing but the platform's word ends it.
create table scheduled_post (
    organization_id   uuid not null,
    project_id        uuid not null,
    id                uuid not null,
    content_id        uuid not null,
    social_account_id uuid not null,
    platform          text not null,
    mode              text not null check (mode in ('direct', 'draft')),
    status            text not null check (status in
                          ('blocked', 'queued', 'publishing', 'published', 'failed', 'canceled', 'outcome_unknown')),
    phase             text check (phase in ('preparing', 'prepared', 'sending', 'accepted', 'confirming')),
    -- The `publish_post` job of a queued post and of whatever became of it; a blocked one has none.
    job_id            uuid,
    scheduled_for     timestamptz not null,
    caption_override  text,
    -- Of what goes out: captions and files, so that the same isn't sent to an account twice in a day.
    fingerprint       bytea not null check (length(fingerprint) = 32),
    -- After a try that failed: no sooner again.
    not_before        timestamptz,
    -- What the adapter prepared: its handle, the exact bytes, and the revision of the content that is in them.
    handle            jsonb,
    request           bytea,
    content_revision  integer,
    -- When the first irreversible call was about to be made; the latest of them.
    attempted_at      timestamptz,
    sent_at           timestamptz,
    published_at      timestamptz,
    canceled_at       timestamptz,
    cancel_reason     text,
    -- When a person said what had become of it.
    resolved_at       timestamptz,
    external_id       text,
    external_url      text,
    last_error        jsonb,
    version           bigint not null default 1,
    created_at        timestamptz not null default now(),
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
    check (status <> 'published' or external_id is not null or resolved_at is not null)
);
create index scheduled_post_project on scheduled_post (organization_id, project_id, id);
create index scheduled_post_job     on scheduled_post (organization_id, job_id) where job_id is not null;
create index scheduled_post_content on scheduled_post (organization_id, content_id, id);
-- What may still change on an account or in a project: turns, archives, disconnects.
create index scheduled_post_turn    on scheduled_post (organization_id, social_account_id, scheduled_for, id)
    where status in ('queued', 'publishing');
create index scheduled_post_open    on scheduled_post (organization_id, project_id, id) where status in ('blocked', 'queued', 'publishing');
create index scheduled_post_same    on scheduled_post (organization_id, social_account_id, fingerprint);
create unique index scheduled_post_external on scheduled_post (organization_id, social_account_id, external_id)
    where external_id is not null;

-- What happened to a post, in the transaction of the change; kept as long as the post.
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

-- The ledger of sends that quotas count: one row for each irreversible call, written before it.
create table account_send (
    organization_id uuid not null,
    account_id      uuid not null,
    id              uuid not null,
    post_id         uuid not null,
    at              timestamptz not null default now(),
    primary key (organization_id, account_id, id),
    foreign key (organization_id, account_id) references social_account (organization_id, id),
    foreign key (organization_id, post_id) references scheduled_post (organization_id, id)
);
create index account_send_window on account_send (organization_id, account_id, at);
create index account_send_age on account_send (at);

-- A file that is being stored: here from before its first byte until the transaction that gives it to an asset, so that
-- what a crash leaves in the storage is found without looking through it.
create table media_upload (
    organization_id uuid not null references organization (id),
    token           text not null,
    started_at      timestamptz not null default now(),
    primary key (organization_id, token)
);
create index media_upload_started on media_upload (started_at);
