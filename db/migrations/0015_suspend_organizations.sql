-- A suspended organization, and its sandbox: none of their keys opens anything, and their jobs wait. It is a tier of its own that
-- may run nothing in a pool with caps, so that a pull and a submit have nothing more to look at; `resumes_as` is the tier it has else.
alter table organization
    add column resumes_as text check (resumes_as in ('standard', 'pilot', 'partner', 'sandbox')),
    drop constraint organization_tier_check,
    add constraint organization_tier_check check (tier in ('standard', 'pilot', 'partner', 'sandbox', 'suspended')) not valid,
    drop constraint organization_check1,
    add constraint organization_sandbox check ((env = 'test') = (coalesce(resumes_as, tier) = 'sandbox')) not valid,
    add constraint organization_suspended check ((tier = 'suspended') = (resumes_as is not null)) not valid;

alter table pool_cap
    drop constraint pool_cap_max_running_check,
    add constraint pool_cap_max_running_check check (max_running >= 0);

insert into pool_cap (tier, pool, max_running, max_queued)
select 'suspended', pool, 0, max(max_queued)
  from pool_cap
 group by pool;
