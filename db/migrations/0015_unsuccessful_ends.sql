-- Failed and canceled jobs by pool and end, for the statistics and counts of operators. Other jobs cost no entry.
create index job_unsuccessful_ended on job (pool, state, finished_at) where state in ('failed', 'canceled');
