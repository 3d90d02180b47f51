-- Who leases an account: PostgreSQL asks so for each account that a purge deletes.
create index social_account_owner on social_account (owner_account_id) where owner_account_id is not null;

-- A project's flows of consent, which its purge deletes and PostgreSQL asks for when the project goes.
create index oauth_state_project on oauth_state (organization_id, project_id) where project_id is not null;
