-- An account that others have had on lease outlives its purged project as a stub: what their rows name, and nothing more.
alter table social_account
    alter column project_id drop not null,
    add constraint social_account_stub check (
        project_id is not null
        or (status = 'disconnected' and offered_at is null and owner_account_id is null and turn_post_id is null
            and service_url = '' and external_id = '' and handle = '' and avatar_url is null and traits = '{}')) not valid;
