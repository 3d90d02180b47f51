-- Generated content: which job makes an item or its next revision, and why the last one didn't.
alter table content_item
    add column job_id     uuid,
    add column last_error jsonb;

-- What each revision is made from, frozen when it was asked for, and where the texts in it are from, once it is made.
create table content_generation (
    organization_id uuid not null,
    content_id      uuid not null,
    revision        integer not null check (revision > 0),
    -- The latest job that makes it: a retry is another one.
    job_id          uuid not null,
    brief           jsonb not null,
    provenance      jsonb,
    created_at      timestamptz not null default now(),
    primary key (organization_id, content_id, revision),
    foreign key (organization_id, content_id) references content_item (organization_id, id) on delete cascade
);
create index content_generation_job on content_generation (organization_id, job_id);

-- A small JPEG of a file, for lists.
create table asset_thumbnail (
    organization_id uuid not null,
    asset_id        uuid not null,
    size_bytes      bigint not null check (size_bytes > 0),
    sha256          bytea not null check (length(sha256) = 32),
    token           text not null unique check (length(token) = 43),
    primary key (organization_id, asset_id),
    foreign key (organization_id, asset_id) references content_asset (organization_id, id) on delete cascade
);
create trigger count_added after insert on asset_thumbnail
    referencing new table as added for each statement execute function count_storage();
create trigger count_gone after delete on asset_thumbnail
    referencing old table as gone for each statement execute function count_storage();
