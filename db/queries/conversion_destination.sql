-- name: get_destination    Return a destination; the project's lock keeps it unchanged.
select enabled, pixel_id, sealed, vault_key_id, test_event_code, event_map
  from conversion_destination
 where organization_id = :org
   and app_id = :app_id
   and destination = :destination;

-- name: put_destination
-- Store a destination and clear its backoff, so that the change takes effect at once.
insert into conversion_destination as d
       (organization_id, app_id, destination, enabled, pixel_id, sealed, vault_key_id, test_event_code,
        event_map)
values (:org, :app_id, :destination, :enabled, :pixel_id, :sealed, :vault_key_id, :test_event_code,
        :event_map)
    on conflict (organization_id, app_id, destination) do update
   set enabled = excluded.enabled, pixel_id = excluded.pixel_id, sealed = excluded.sealed,
       vault_key_id = excluded.vault_key_id, test_event_code = excluded.test_event_code,
       event_map = excluded.event_map, retry_at = null, failures = 0;

-- name: drop_destination    Delete a destination with its token.
delete from conversion_destination
 where organization_id = :org
   and app_id = :app_id
   and destination = :destination;

-- name: drop_destinations    Delete the destinations of a deleted app.
delete from conversion_destination
 where organization_id = :org
   and app_id = :app_id;

-- name: find_lines    Return the apps of due lines, except for destinations in backoff and purged projects.
select a.organization_id, a.id as app_id, l.project_id, l.app_no, l.destination
  from unnest(:project_ids::uuid[], :app_nos::smallint[], :destinations::text[])
    as l (project_id, app_no, destination)
  join project p on p.id = l.project_id and p.purging_at is null
  join sdk_app a on a.organization_id = p.organization_id and a.project_id = p.id and a.app_no = l.app_no
  left join conversion_destination d on d.organization_id = a.organization_id
                                    and d.app_id = a.id
                                    and d.destination = l.destination
 where d.retry_at is null
    or d.retry_at <= now()
    or not d.enabled
    or p.status = 'archived';

-- name: open_destination    Return a destination for its job. No row: the project was purged.
select a.platform, a.deleted_at is not null as deleted, p.status = 'archived' as archived,
       o.env = 'test' as sandbox, coalesce(d.enabled, false) as enabled, d.pixel_id, d.sealed, d.vault_key_id,
       d.test_event_code
  from sdk_app a
  join project p on p.organization_id = a.organization_id and p.id = a.project_id
  join organization o on o.id = a.organization_id
  left join conversion_destination d on d.organization_id = a.organization_id
                                    and d.app_id = a.id
                                    and d.destination = :destination
 where a.organization_id = :org
   and a.id = :app_id;

-- name: note_forward    Record that a destination accepted conversions, and clear its backoff.
update conversion_destination
   set last_forward_at = now(), last_error = null, retry_at = null, failures = 0
 where organization_id = :org
   and app_id = :app_id
   and destination = :destination;

-- name: note_failure
-- Record a failure and start a backoff: as requested, or doubled each time. No row: the destination changed.
update conversion_destination
   set last_error = :message, failures = least(failures + 1, 20),
       retry_at = now() + interval '1 second'
                  * coalesce(:after_s::float8, least(:first_s::float8 * 2 ^ failures, :most_s::float8))
 where organization_id = :org
   and app_id = :app_id
   and destination = :destination
   and pixel_id = :pixel_id
   and sealed = :sealed;

-- name: note_refusal    Record that a destination refused single conversions.
update conversion_destination
   set last_error = :message
 where organization_id = :org
   and app_id = :app_id
   and destination = :destination;
