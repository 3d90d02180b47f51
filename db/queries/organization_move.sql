-- Move of an organization to another cell: its marks, the checks before it, and the state of its replication.
-- Statements with names of tables are composed in db/move.

-- name: close_moving
-- Refuse the keys of an organization and its sandbox, which move to the cell with this identifier.
update organization
   set moving_to = :target
 where (id = :id or live_organization_id = :id)
   and moving_to is null;

-- name: reopen_moving    Open an organization and its sandbox again, unless they are in the other cell.
update organization
   set moving_to = null
 where (id = :id or live_organization_id = :id)
   and moved_at is null;

-- name: mark_moved    Mark an organization and its sandbox as in the other cell for good.
update organization
   set moved_at = coalesce(moved_at, now())
 where (id = :id or live_organization_id = :id)
   and moving_to is not null;

-- name: get_moving    Return the cell to which an organization moves or has moved; no row: it was never here.
select moving_to, moved_at
  from organization
 where id = :id;

-- name: mark_purged    Mark an organization and its sandbox as deleted here, apart from these marks.
update organization
   set moving_to = null
 where (id = :id or live_organization_id = :id)
   and moved_at is not null;

-- name: delete_marks    Delete the marks of an organization that moves back.
delete from organization
 where id = any(:orgs::uuid[])
   and moved_at is not null
   and moving_to is null;

-- name: list_move_ids    Return the ids of an organization and its sandbox, the live one first.
select id
  from organization
 where id = :id
    or live_organization_id = :id
 order by env;

-- name: list_move_projects    Return the projects of an organization and its sandbox.
select id, purging_at is not null as purging
  from project
 where organization_id = any(:orgs::uuid[]);

-- name: list_move_keys    Return the prefixes of the API keys of an organization and its sandbox.
select 'lp_' || o.env || '_' || k.key_id as prefix
  from api_key k
  join organization o on o.id = k.organization_id
 where k.organization_id = any(:orgs::uuid[]);

-- name: list_move_apps    Return the SDK apps of an organization and its sandbox.
select id
  from sdk_app
 where organization_id = any(:orgs::uuid[])
   and deleted_at is null;

-- name: count_running
-- Return the running jobs of an organization and its sandbox by kind, by the index of each pool.
select j.kind, count(*) as n
  from pool p
 cross join lateral (
         select kind
           from job
          where pool = p.name
            and organization_id = any(:orgs::uuid[])
            and state = 'running') j
 group by j.kind
 order by j.kind;

-- name: has_foreign_lease    Return whether the organization leases an account to another one, or from it.
select exists (
  select
    from social_account
   where owner_organization_id is not null
     and (organization_id = any(:orgs::uuid[])) <> (owner_organization_id = any(:orgs::uuid[])));

-- name: get_server    Return the facts of a server that decide whether an organization can move.
select system_identifier as system_id, current_setting('server_version_num')::int as version,
       current_setting('wal_level') as wal_level, pg_backend_pid() as backend_pid, rolsuper as is_superuser
  from pg_control_system()
 cross join pg_roles
 where rolname = current_user;

-- name: lock_move    Lock the moves of an organization until the end of the session.
select pg_advisory_lock(:lock, hashtext(:org::uuid::text));

-- name: list_columns    Return the columns of a table that are not generated.
select attname::text as name
  from pg_attribute
 where attrelid = to_regclass(:table)
   and attnum > 0
   and not attisdropped
   and attgenerated = ''
 order by attnum;

-- name: list_leaves    Return the partitions of a table that have rows; none for a plain table.
select relid::regclass::text as name
  from pg_partition_tree(:table::text::regclass)
 where isleaf;

-- name: get_event_days    Return the first and last day with a table of events.
select min(day) as first_day, max(day) as last_day
  from (
    select to_date(substr(relid::regclass::text, 7), 'YYYYMMDD') as day
      from pg_partition_tree('event')
     where isleaf) days;

-- name: has_unfolded_counts    Return whether queued counts of the projects wait for their fold.
select exists (select from event_delta where project_id = any(:projects::uuid[]))
       or exists (select from event_person_delta where project_id = any(:projects::uuid[]));

-- name: keep_event_ids    Add the ids of recently received events of projects to the open generation.
with generation as materialized (
  select open_event_generation() as n)
insert into event_seen (generation, project_id, app_no, event_key)
select n, project_id, app_no, event_key
  from event
 cross join generation
 where project_id = any(:projects::uuid[])
   and received_at >= :since
   and occurred_at >= :since - :max_age::interval
    on conflict do nothing;

-- name: delete_jobs_of_purged_projects    Delete jobs of projects that were purged at the source meanwhile.
delete from job j
 where organization_id = any(:orgs::uuid[])
   and project_id is not null
   and not exists (
         select
           from project p
          where p.organization_id = j.organization_id
            and p.id = j.project_id);

-- name: get_xact_id    Return the number of this transaction.
select pg_current_xact_id()::text::bigint;

-- name: get_webhook_version    Return the highest number of a webhook's payload.
select last_value
  from webhook_version;

-- name: raise_webhook_version    Let the next payload of a webhook have a higher number than `version`.
select setval('webhook_version', :version)
  from webhook_version
 where last_value < :version;

-- name: lock_pools    Wait for the pulls that may have read the queues.
select pg_advisory_xact_lock(72, hashtext(name))
  from (select name from pool order by name) p;

-- name: rest_queues    Let pulls pass by the queues of the organizations.
update queued_kind
   set rest_until = 'infinity'
 where organization_id = any(:orgs::uuid[]);

-- name: end_newcomers    Let no queued job of the organizations be claimed before its queue.
update job
   set newcomer = false
 where organization_id = any(:orgs::uuid[])
   and newcomer
   and state = 'queued';

-- name: release_queues    End the rest of the queues.
update queued_kind
   set rest_until = null
 where organization_id = any(:orgs::uuid[]);

-- name: list_triggers    Return the triggers of a move.
select tgname::text as name, tgrelid::regclass::text as table
  from pg_trigger
 where starts_with(tgname::text, :prefix)
   and tgparentid = 0;

-- name: list_lock_holders
-- Return the dumps, vacuums and changes of the schema at these tables: a trigger would wait for their end.
select distinct coalesce(nullif(a.application_name, ''), a.backend_type) || ' (pid ' || a.pid || ')' as name
  from pg_locks l
  join pg_stat_activity a on a.pid = l.pid
 where l.locktype = 'relation'
   and l.granted
   and l.pid <> pg_backend_pid()
   and l.database = (select oid from pg_database where datname = current_database())
   and coalesce(pg_partition_root(l.relation), l.relation)::regclass::text = any(:tables::text[])
   and (l.mode not in ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
        or a.application_name = 'pg_dump');

-- name: list_publications    Return those of these publications that exist.
select pubname::text as name
  from pg_publication
 where pubname = any(:names::text[])
 order by pubname;

-- name: get_row_filter    Return the row filter of a table in a publication.
select rowfilter
  from pg_publication_tables
 where pubname = :publication
   and tablename = :table;

-- name: find_subscription    Return whether a subscription exists.
select exists (
  select
    from pg_subscription
   where subname = :name);

-- name: is_subscription_working    Return whether a process of a subscription runs.
select exists (
  select
    from pg_stat_subscription
   where subname = :name
     and pid is not null);

-- name: count_unsynced_tables    Count the tables of a subscription without a complete first copy.
select count(*)
  from pg_subscription s
  join pg_subscription_rel r on r.srsubid = s.oid
 where s.subname = :name
   and r.srsubstate <> 'r';

-- name: count_errors    Count the errors of a subscription.
select apply_error_count + sync_error_count
  from pg_stat_subscription_stats
 where subname = :name;

-- name: find_slot    Return whether a slot exists.
select exists (
  select
    from pg_replication_slots
   where slot_name = :name);

-- name: drop_slot    Drop an inactive slot.
select pg_drop_replication_slot(slot_name)
  from pg_replication_slots
 where slot_name = :name
   and not active;

-- name: get_log_position    Return the position at which the log is written now.
select pg_current_wal_insert_lsn()::text;

-- name: get_lag_bytes
-- Return the bytes of log that a slot has not confirmed, up to a position or to now. No row: it is lost.
select greatest(0, pg_wal_lsn_diff(coalesce(:until::text::pg_lsn, pg_current_wal_insert_lsn()),
                                   confirmed_flush_lsn))
  from pg_replication_slots
 where slot_name = :name
   and wal_status is distinct from 'lost'
   and confirmed_flush_lsn is not null;
