-- Counts of all names together are rows of no name and no currency, so that they are read without knowing the names. What is folded
-- or rebuilt from now on adds to them; these are of what there is.
alter table event_delta add constraint event_delta_has_name check (name <> '');
insert into event_rollup (project_id, name, bucket, app_no, currency, n, value_micros)
select project_id, '', bucket, app_no, '', sum(n), 0
  from event_rollup
 group by project_id, bucket, app_no;
insert into event_rollup_hour (project_id, name, bucket, app_no, currency, n, value_micros)
select project_id, '', bucket, app_no, '', sum(n), 0
  from event_rollup_hour
 group by project_id, bucket, app_no;

-- A project's deltas, which each read of its counts adds.
create index event_delta_of_project on event_delta (project_id);
