-- Attempts of some pools wait for remote servers: such a pool keeps slots free for other tenants. Elsewhere a slot is free soon.
alter table pool add column reserves_slots boolean not null default false;

update pool p
   set reserves_slots = true
 where p.name <> 'generate'
   and exists (
         select
           from pool_cap c
          where c.pool = p.name
            and c.tier <> 'suspended');
