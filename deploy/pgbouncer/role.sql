-- Session settings of each process (db/pool.py) as settings of the role, because PgBouncer drops them.
alter role tenantry set jit = 'off';
alter role tenantry set enable_seqscan = 'off';
alter role tenantry set timezone = 'UTC';
alter role tenantry set statement_timeout = '30s';
alter role tenantry set lock_timeout = '10s';
alter role tenantry set idle_in_transaction_session_timeout = '10s';
alter role tenantry set tcp_user_timeout = '10s';
alter role tenantry set tcp_keepalives_idle = '4s';
alter role tenantry set tcp_keepalives_interval = '2s';
alter role tenantry set tcp_keepalives_count = '3';
alter role tenantry set client_connection_check_interval = '2s';
