-- name: measure_databases
-- Return the bytes of all databases that this role may connect to, and the limit of the WAL.
select sum(pg_database_size(oid))::bigint as data,
       pg_size_bytes(current_setting('max_wal_size')) as wal_limit,
       has_function_privilege('pg_ls_waldir()', 'execute') as sees_wal
  from pg_database
 where has_database_privilege(oid, 'connect');

-- name: measure_wal    Return the bytes of the write-ahead log; only for members of pg_monitor.
select coalesce(sum(size), 0)::bigint
  from pg_ls_waldir();
