-- Posts with their history, the ledger of sends, and collected metrics.

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
-- In the order of their creation by earlier releases: of two equally cheap plans PostgreSQL takes the older index's.
create index scheduled_post_project   on scheduled_post (organization_id, project_id, id);
create index scheduled_post_job       on scheduled_post (organization_id, job_id) where job_id is not null;
create index scheduled_post_content   on scheduled_post (organization_id, content_id, id);
-- Posts of an account or a project that may still change: for the next post, archives, disconnects.
create index scheduled_post_turn      on scheduled_post (organization_id, social_account_id, scheduled_for, id)
    where status in ('queued', 'publishing');
create index scheduled_post_open      on scheduled_post (organization_id, project_id, id)
    where status in ('blocked', 'queued', 'publishing');
create index scheduled_post_same      on scheduled_post (organization_id, social_account_id, fingerprint);
create unique index scheduled_post_external on scheduled_post (organization_id, social_account_id, external_id)
    where external_id is not null;
-- For checks and rotations of a keyring: nearly no row has a secret.
create index scheduled_post_sealed    on scheduled_post (vault_key_id) where vault_key_id is not null;
-- Lists of a project by a status that few posts may have.
create index scheduled_post_status    on scheduled_post (organization_id, status, project_id, id);
-- TikTok reports on a post by its own id, without an organization.
create index scheduled_post_publish   on scheduled_post ((handle->>'publishId')) where handle->>'publishId' is not null;
create index scheduled_post_account   on scheduled_post (organization_id, project_id, social_account_id, id);
-- A list of a period reads only its own posts.
create index scheduled_post_time      on scheduled_post (organization_id, project_id, scheduled_for);
create index scheduled_post_published on scheduled_post (organization_id, social_account_id, published_at)
    where published_at is not null;
-- Lists over all projects by a status that few posts may have.
create index scheduled_post_of_all    on scheduled_post (organization_id, status, id)
    where status not in ('queued', 'published');
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
create index account_send_age on account_send (at);
-- The quota of a post that turned out not to exist is given back.
create index account_send_post on account_send (organization_id, post_id);
create index account_send_window on account_send ((coalesce(owner_account_id, account_id)), at);

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
