-- The move of an organization to another cell.

-- The target's PostgreSQL, by its system identifier. While it is set, requests get a 503 that says so.
alter table organization add column moving_to bigint;
-- The time of the switch. From then on the organization is in the other cell, and never opens here again.
alter table organization add column moved_at timestamptz;
-- Each run of a chore reads it; it is empty as a rule.
create index organization_moving on organization (id) where moving_to is not null;
