-- revision 1
-- Create and attach the leaf of a generation.
create or replace function make_event_leaf(generation integer) returns void
language plpgsql volatile
as $$
begin
    execute format('create table event_seen_%s (like event_seen) with (autovacuum_vacuum_insert_threshold = -1)', generation);
    execute format('create unique index event_seen_%1$s_key on event_seen_%1$s (project_id, app_no, event_key)', generation);
    execute format('alter table event_seen attach partition event_seen_%1$s for values in (%1$s)', generation);
end $$;
