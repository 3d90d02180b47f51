-- Jobs that have ended, of kinds that come all the time: they are deleted after an hour, and nobody looks for them else.
create index job_passing on job (finished_at)
 where kind in ('collect_metrics', 'relay_conversions') and finished_at is not null;
