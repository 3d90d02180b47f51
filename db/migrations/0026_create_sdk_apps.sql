-- SDK apps: what sends a project's events, each with a key of its own.

create table sdk_app (
    organization_id  uuid not null,
    project_id       uuid not null,
    id               uuid not null unique,
    -- The app in the store of events. Its row stays when the app is deleted, so no other app gets its number.
    app_no           smallint not null check (app_no > 0),
    name             text not null check (length(name) between 1 and 128),
    platform         text not null check (platform in ('ios', 'android', 'web', 'react-native', 'flutter', 'expo',
                                                       'nextjs', 'vite', 'react-router')),
    bundle_id        text,
    android_package  text,
    web_domain       text,
    -- Of lpa_<app id>_<secret>; a deleted app has none.
    secret_hash      bytea,
    pepper_id        text,
    -- What rotation replaced; it opens the door until overlap_until.
    old_secret_hash  bytea,
    old_pepper_id    text,
    overlap_until    timestamptz,
    last_event_at    timestamptz,
    last_rotated_at  timestamptz,
    created_at       timestamptz not null default now(),
    deleted_at       timestamptz,
    primary key (organization_id, id),
    unique (organization_id, project_id, app_no),
    foreign key (organization_id, project_id) references project (organization_id, id),
    check (num_nonnulls(bundle_id, android_package, web_domain) > 0),
    check ((secret_hash is null) = (deleted_at is not null))
);
create index sdk_app_of_project on sdk_app (organization_id, project_id, id desc) where deleted_at is null;

-- One app for each platform and identifier. Bundle ids are the same in any case (Apple's glossary).
create unique index sdk_app_bundle_id on sdk_app (organization_id, project_id, platform, lower(bundle_id))
    where deleted_at is null;
create unique index sdk_app_android_package on sdk_app (organization_id, project_id, platform, android_package)
    where deleted_at is null;
create unique index sdk_app_web_domain on sdk_app (organization_id, project_id, platform, web_domain)
    where deleted_at is null;
