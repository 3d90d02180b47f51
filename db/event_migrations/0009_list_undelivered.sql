-- A project's conversions that ended otherwise are few among those that were delivered, and asked for by their state.
create index event_conversion_undelivered on event_conversion (project_id, id desc) where state not in ('pending', 'delivered');
