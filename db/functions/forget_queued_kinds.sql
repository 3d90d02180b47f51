-- revision 1
-- Delete the queued kinds of these organizations without a queued job. A row that a transaction locks stays: its new job is not yet
-- visible. The second statement looks again: it sees the jobs of all transactions that ended before the first one's locks.
create or replace function forget_queued_kinds(pool_name text, orgs uuid[]) returns void
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    locked record;
begin
    select array_agg(k.organization_id) as orgs, array_agg(k.internal) as internals, array_agg(k.kind) as kinds
      into locked
      from (select k.organization_id, k.internal, k.kind from queued_kind k
             where k.pool = pool_name and k.organization_id = any (orgs)
               and not exists (
                    select from job j
                     where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
                       and j.organization_id = k.organization_id and j.internal = k.internal and j.kind = k.kind)
               for update skip locked) k;
    delete from queued_kind k
     using unnest(locked.orgs, locked.internals, locked.kinds) as l (org, internal, kind)
     where k.pool = pool_name and k.organization_id = l.org and k.internal = l.internal and k.kind = l.kind
       and not exists (
            select from job j
             where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
               and j.organization_id = l.org and j.internal = l.internal and j.kind = l.kind);
end $$;
