-- Files of a project's app: its logo, screenshots, demo video and end card. A partner brings them, or an ingest met them
-- and suggests them. Of a suggestion that a partner has dropped the row stays, without a file, so that it doesn't come back.
create table app_media (
    organization_id uuid not null,
    project_id      uuid not null,
    id              uuid not null,
    kind            text not null check (kind in ('logo', 'screenshot', 'demo_video', 'end_card')),
    origin          text not null check (origin in ('partner', 'suggested')),
    status          text not null check (status in ('fetching', 'ready', 'failed', 'dropped')),
    -- Of files of one kind and origin, those with lower ones go first.
    rank            bigint not null,
    source_url      text,
    -- The source whose ingest met it, and the job that fetched it.
    source          text check (source in ('github', 'website', 'appstore')),
    job_id          uuid,
    -- What that job has begun to store. Of those files it takes one, and whoever ends it gives up the others.
    begun           text[] not null default '{}',
    error           jsonb,
    transcript      text,
    mime_type       text,
    width           integer check (width > 0),
    height          integer check (height > 0),
    duration_ms     integer check (duration_ms > 0),
    size_bytes      bigint not null default 0 check (size_bytes >= 0),
    sha256          bytea check (length(sha256) = 32),
    -- As content_asset's.
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
