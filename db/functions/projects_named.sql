-- revision 1
-- Return the ids of at most `most` of a tenant's projects with a matching name, in no order.
create or replace function projects_named(org uuid, pattern text, most integer) returns setof uuid
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
begin
    return query
    select p.id
      from project p
     where p.organization_id::text = org::text
       and p.name ilike pattern
     limit most;
end
$$;
