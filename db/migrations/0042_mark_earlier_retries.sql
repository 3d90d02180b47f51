-- Jobs that were retried before their rows said so. Only rows that have ended are locked, for which nobody waits.
update job j
   set retried_as = r.id
  from (select distinct on (organization_id, retry_of) organization_id, retry_of, id
          from job
         where retry_of is not null
         order by organization_id, retry_of, id desc) r
 where j.organization_id = r.organization_id
   and j.id = r.retry_of
   and j.retried_as is null;
