-- A project's conversions that wait may be few among those that ended, too.
create index event_conversion_waiting on event_conversion (project_id, id desc) where state = 'pending';
