-- Brand context: the data of each source with its last ingest, connections to other sites, and influencers.

-- Each source writes its row as a whole; a read merges the sources.
create table brand_source (
    organization_id uuid not null,
    project_id      uuid not null,
    source          text not null check (source in ('github', 'website', 'appstore', 'partner')),
    fields          jsonb not null,
    url             text,
    job_id          uuid,
    updated_at      timestamptz not null default now(),
    -- Crawl state for the next ingest; null: read everything again.
    visit           jsonb,
    -- The pictures found by the source's ingest, in their order (schemas/pictures.py).
    media           jsonb not null default '[]',
    primary key (organization_id, project_id, source),
    foreign key (organization_id, project_id) references project (organization_id, id),
    foreign key (organization_id, job_id) references job (organization_id, id)
);
create index brand_source_job on brand_source (organization_id, job_id) where job_id is not null;

create table ingest (
    organization_id uuid not null,
    project_id      uuid not null,
    source          text not null check (source in ('github', 'website', 'appstore')),
    job_id          uuid not null,
    status          text not null check (status in ('running', 'completed', 'failed', 'canceled')),
    error           jsonb,
    completed_at    timestamptz,
    primary key (organization_id, project_id, source),
    foreign key (organization_id, project_id) references project (organization_id, id),
    foreign key (organization_id, job_id) references job (organization_id, id),
    check ((status = 'running') = (completed_at is null))
);
create index ingest_job on ingest (organization_id, job_id);

-- Rate limit of each upstream server, over all tenants and workers. `free_at` is the time of its next request (the
-- theoretical arrival time of a generic cell rate algorithm). After a refusal no request is sent until `held_until`, and
-- `held_s` is the length of that pause.
create table upstream_pace (
    upstream   text primary key,
    free_at    timestamptz not null default now(),
    held_until timestamptz not null default now(),
    held_s     double precision not null default 0
) with (fillfactor = 20);

-- The state of an OAuth flow.
create table oauth_state (
    organization_id uuid not null,
    -- SHA-256 of the state: only the person in the flow has the text.
    state_hash      bytea not null unique check (length(state_hash) = 32),
    api_key_id      uuid not null,
    -- The permitted use, such as `connect_github`.
    purpose         text not null,
    return_url      text not null,
    expires_at      timestamptz not null,
    used_at         timestamptz,
    -- The job that uses the other site's data. The sealed data stay here until the job has ended. Until then `sealed` is the
    -- PKCE verifier of a platform's flow.
    job_id          uuid,
    sealed          bytea,
    vault_key_id    text,
    outcome         text check (outcome in ('completed', 'failed', 'canceled', 'requested')),
    -- Only a platform's flow belongs to a project.
    project_id      uuid,
    -- Platform, instance and account of a platform's flow.
    details         jsonb not null default '{}',
    -- The reason of a failure: our own code, or the job's.
    error_code      text,
    primary key (organization_id, state_hash),
    foreign key (organization_id, api_key_id) references api_key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    check ((sealed is null) = (vault_key_id is null)),
    check (outcome is null or used_at is not null),
    check (outcome is null or sealed is null)
);
create index oauth_state_job on oauth_state (organization_id, job_id) where job_id is not null;
create index oauth_state_age on oauth_state (expires_at);
-- For a purge, and for the foreign key check at the project's deletion.
create index oauth_state_project on oauth_state (organization_id, project_id) where project_id is not null;

create table github_installation (
    organization_id uuid primary key references organization (id),
    installation_id bigint not null check (installation_id > 0),
    account_login   text not null,
    -- GitHub's list as of `listed_at`; null before the first list.
    repositories    jsonb not null default '[]',
    listed_at       timestamptz,
    connected_at    timestamptz not null default now()
);

-- Files of a project's app: its logo, screenshots, demo video and end card, from the partner or suggested by an ingest. A
-- suggestion that the partner dropped stays as a row without a file, so that it is not suggested again.
create table app_media (
    organization_id uuid not null,
    project_id      uuid not null,
    id              uuid not null,
    kind            text not null check (kind in ('logo', 'screenshot', 'demo_video', 'end_card')),
    origin          text not null check (origin in ('partner', 'suggested')),
    status          text not null check (status in ('fetching', 'ready', 'failed', 'dropped')),
    -- Order of files of one kind and origin, lowest first.
    rank            bigint not null,
    source_url      text,
    -- The source of the ingest that found the file, and the job that fetched it.
    source          text check (source in ('github', 'website', 'appstore')),
    job_id          uuid,
    -- Files that the job has started to store. It keeps one of them; the end of the job gives up the others.
    begun           text[] not null default '{}',
    error           jsonb,
    transcript      text,
    mime_type       text,
    width           integer check (width > 0),
    height          integer check (height > 0),
    duration_ms     integer check (duration_ms > 0),
    size_bytes      bigint not null default 0 check (size_bytes >= 0),
    sha256          bytea check (length(sha256) = 32),
    -- As in content_asset.
    token           text unique check (length(token) = 43),
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    check ((status = 'ready') = (token is not null)),
    check ((origin = 'suggested') = (source is not null))
);
create index app_media_project on app_media (organization_id, project_id, id);
create index app_media_job on app_media (organization_id, job_id) where status = 'fetching';
create trigger count_added after insert on app_media
    referencing new table as added for each statement execute function count_storage();
create trigger count_gone after delete on app_media
    referencing old table as gone for each statement execute function count_storage();
create trigger count_changed after update on app_media
    referencing old table as gone new table as added for each statement execute function count_storage();

-- Influencers: drawn presenters of a project, each made by a job. Deleted ones stay, since content refers to them.
create table influencer (
    organization_id uuid not null,
    project_id      uuid not null,
    id              uuid not null,
    name            text not null check (length(name) between 1 and 128),
    gender          text not null check (gender in ('female', 'male', 'non_binary')),
    age_range       text not null
                    check (age_range in ('teen', 'young_adult', 'adult', 'mid_adult', 'mature', 'senior')),
    brand_voice     text not null,
    language        text not null,
    topics          jsonb not null default '[]',
    -- Seed, gender and age give the face: a clone with the same three has the same face.
    seed            text not null,
    -- Made at the end of an ingest without a request, once in a project's life.
    is_first        boolean not null,
    status          text not null default 'pending' check (status in ('pending', 'training', 'ready', 'failed')),
    error_message   text,
    job_id          uuid not null,
    version         bigint not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    deleted_at      timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    unique (organization_id, project_id, id),
    check ((status = 'failed') = (error_message is not null))
);
create unique index influencer_first on influencer (organization_id, project_id) where is_first;
create index influencer_job on influencer (organization_id, job_id);

-- The portrait of a ready influencer. Its bytes count as files of content do.
create table influencer_portrait (
    organization_id uuid not null,
    influencer_id   uuid not null,
    mime_type       text not null,
    width           integer not null check (width > 0),
    height          integer not null check (height > 0),
    size_bytes      bigint not null check (size_bytes > 0),
    sha256          bytea not null check (length(sha256) = 32),
    token           text not null unique check (length(token) = 43),
    primary key (organization_id, influencer_id),
    foreign key (organization_id, influencer_id) references influencer (organization_id, id)
);
create trigger count_added after insert on influencer_portrait
    referencing new table as added for each statement execute function count_storage();
create trigger count_gone after delete on influencer_portrait
    referencing old table as gone for each statement execute function count_storage();
