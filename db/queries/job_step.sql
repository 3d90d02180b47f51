-- name: lock_for_step
-- Lock a claimed job for a named step; `done`: an earlier attempt has committed the step. That attempt's step
-- has ended: its lock would have kept a later attempt from beginning.
select j.cancel_requested_at is not null as cancel, s.name is not null as done, s.result
  from job j
  left join job_step s on s.organization_id = j.organization_id and s.job_id = j.id and s.name = :name
 where j.organization_id = :org
   and j.id = :id
   and j.fence = :fence
   and j.attempt_started_at is not null
   for no key update of j;

-- name: keep_step    Store a step in the transaction of its writes.
insert into job_step (organization_id, job_id, name, result)
values (:org, :id, :name, :result);
