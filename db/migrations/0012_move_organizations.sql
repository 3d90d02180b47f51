-- The move of an organization to another cell.

-- The tier from before the move; null otherwise. While it is set, the organization has the tier `suspended`, and requests
-- with its keys get a 503 that says so.
alter table organization add column moving_tier text;
