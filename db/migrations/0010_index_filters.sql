-- What lists are filtered by has an index: projects by status and by a part of their name, the audit log by action.
-- Both extensions come with PostgreSQL, and the owner of a database may make them.
create extension if not exists pg_trgm;
create extension if not exists btree_gin;

create index project_status on project (organization_id, status, id);
-- Trigrams of one tenant's names. The tenant is text, so that a search by both has no other index: a plan that was made
-- while the table was small would keep the primary key, which leads through all of a tenant's projects.
-- New names wait in a list of 512 kB at most, so that no create has to file many.
create index project_name on project using gin ((organization_id::text), name gin_trgm_ops)
    with (fastupdate = on, gin_pending_list_limit = 512);

create index audit_log_action on audit_log (organization_id, action, id);

-- Ids of at most `most` of a tenant's projects whose name is like that, in no order.
create function projects_named(org uuid, pattern text, most integer) returns setof uuid
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
