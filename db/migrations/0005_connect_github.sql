-- What partners prove on another site's pages: the states that lead there and back, and GitHub installations.

create table oauth_state (
    organization_id uuid not null,
    -- SHA-256 of the state: only who is sent through the other site has the text.
    state_hash      bytea not null unique check (length(state_hash) = 32),
    api_key_id      uuid not null,
    -- What it may be used for, such as `connect_github`.
    purpose         text not null,
    return_url      text not null,
    expires_at      timestamptz not null,
    used_at         timestamptz,
    -- The job that uses what the other site gave us; that lies here, sealed, until the job has ended.
    job_id          uuid,
    sealed          bytea,
    vault_key_id    text,
    outcome         text check (outcome in ('completed', 'failed', 'canceled', 'requested')),
    primary key (organization_id, state_hash),
    foreign key (organization_id, api_key_id) references api_key (organization_id, id),
    check ((sealed is null) = (vault_key_id is null)),
    check (outcome is null or used_at is not null),
    check (outcome is null or sealed is null)
);
create index oauth_state_job on oauth_state (organization_id, job_id) where job_id is not null;
create index oauth_state_age on oauth_state (expires_at);

create table github_installation (
    organization_id uuid primary key references organization (id),
    installation_id bigint not null check (installation_id > 0),
    account_login   text not null,
    -- As GitHub listed them at `listed_at`; null before the first time.
    repositories    jsonb not null default '[]',
    listed_at       timestamptz,
    connected_at    timestamptz not null default now()
);
