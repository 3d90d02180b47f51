-- revision 1
-- Return the organizations that move or have moved to another cell: a chore passes by their rows.
create or replace function moving_organizations() returns uuid[]
language sql stable as $$
    select array(select id from organization where moving_to is not null)
$$;
