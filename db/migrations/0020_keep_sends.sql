-- What a leased account has sent counts in its owner's quota when the tenant's project, and the post with it, is purged.
alter table account_send alter column post_id drop not null;
