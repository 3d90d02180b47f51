-- revision 1
-- Make the job of the first waiting post in an account's queue due; the caller locked the account in an earlier statement.
-- The job gets its post's time, which precedes the jobs of later posts, as these would run in vain. A locked job is skipped: it
-- is awake or about to change. Jobs are locked before accounts, so this must not wait for a job. The time is read by the clock:
-- the transaction or the statement may have begun before the post was due.
create or replace function wake_next_post(org uuid, account uuid) returns void
language plpgsql volatile
as $$
declare
    moment constant timestamptz := clock_timestamp();
begin
    with next as materialized (
        select j.id, p.scheduled_for
          from scheduled_post p
          join job j on j.organization_id = p.organization_id and j.id = p.job_id
         where p.organization_id = org and p.social_account_id = account and p.status = 'queued'
           and p.scheduled_for <= moment and (p.not_before is null or p.not_before <= moment)
           and j.attempt_started_at is null and j.finished_at is null
         order by p.scheduled_for, p.id
         limit 1
           for no key update of j skip locked)
    update job j
       set run_at = n.scheduled_for, stage = 'queued', state_version = j.state_version + 1
      from next n
     where j.organization_id = org and j.id = n.id and j.run_at > moment;
end $$;
