-- Influencers: drawn presenters of a project, each made by a job. Deleted ones stay, since content names them.

create table influencer (
    organization_id uuid not null,
    project_id      uuid not null,
    id              uuid not null,
    name            text not null check (length(name) between 1 and 128),
    gender          text not null check (gender in ('female', 'male', 'non_binary')),
    age_range       text not null check (age_range in ('teen', 'young_adult', 'adult', 'mid_adult', 'mature', 'senior')),
    brand_voice     text not null,
    language        text not null,
    topics          jsonb not null default '[]',
    -- With gender and age, the face: a clone of the same ones has the same.
    seed            text not null,
    -- Made when an ingest completed, without anybody having asked: once in a project's life.
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

-- The picture of one that is ready. Its bytes count as files of content do.
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
