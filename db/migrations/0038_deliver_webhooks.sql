-- Where webhooks are looked for that are to be sent: for the first time, which must not wait, and by attempts that are no more.
create index webhook_delivery_new on webhook_delivery (organization_id, endpoint_id) where status = 'pending' and attempts = 0;
create index webhook_delivery_taken on webhook_delivery (organization_id, endpoint_id) where status = 'delivering';

-- Until then an endpoint is left alone, since it asked for that (Retry-After).
alter table webhook_endpoint add column retry_at timestamptz;

-- Jobs that have ended, of kinds that come all the time. The index of 0029 is left to releases before.
create index job_passed on job (finished_at)
 where kind in ('collect_metrics', 'relay_conversions', 'deliver_webhook') and finished_at is not null;
