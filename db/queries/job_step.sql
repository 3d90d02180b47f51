-- name: lock_for_step    opens a named step; `done`: an earlier attempt has committed it
-- An earlier attempt's step has ended by now: without its lock no later attempt could have begun.
select j.cancel_requested_at is not null as cancel, s.name is not null as done, s.result
  from job j
  left join job_step s on s.organization_id = j.organization_id and s.job_id = j.id and s.name = :name
 where j.organization_id = :org
   and j.id = :id
   and j.fence = :fence
   and j.attempt_started_at is not null
   for no key update of j;

-- name: keep_step    in the transaction of its writes
insert into job_step (organization_id, job_id, name, result)
values (:org, :id, :name, :result);
