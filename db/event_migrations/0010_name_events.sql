-- Names that a project's counts are by, in a row each, and how many there are. Events of further names are counted together, so rows
-- of counts are bounded whatever names apps send.
create table event_name (
    project_id uuid not null,
    name       text not null,
    primary key (project_id, name)
);
create table event_name_count (
    project_id uuid not null primary key,
    n          integer not null
);

-- All that are counted by now stay.
insert into event_name (project_id, name)
select distinct project_id, name
  from event_rollup_hour
 where name <> '';
insert into event_name_count (project_id, n)
select project_id, count(*)
  from event_name
 group by project_id;
