-- The clock of each sandbox: how far it is ahead of the real time, and where an advance is going.

create table sandbox_clock (
    organization_id uuid primary key references organization (id),
    ahead           interval not null default '0' check (ahead >= '0' and ahead <= '400 days'),
    -- The sandbox's time at which the advance under way ends, and its job; null: none is.
    target          timestamptz,
    job_id          uuid,
    -- What has become due in the last advance.
    posts           integer not null default 0,
    jobs            integer not null default 0
);

insert into sandbox_clock (organization_id)
select id
  from organization
 where env = 'test';

-- A request gets older without being assigned anew.
create or replace trigger tell_assigned after update of assigned_at on lease_request
    for each row when (new.assigned_at is distinct from old.assigned_at and new.created_at = old.created_at)
    execute function tell_webhooks('lease_request.assigned');
