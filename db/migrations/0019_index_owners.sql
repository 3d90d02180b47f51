-- Who leases an account: PostgreSQL asks so for each account that a purge deletes.
create index social_account_owner on social_account (owner_account_id) where owner_account_id is not null;
