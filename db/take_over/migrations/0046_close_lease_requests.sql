-- Requests for leased accounts that archives of an earlier release left open: nothing can be assigned to them.
update lease_request r
   set status = case r.status when 'requested' then 'rejected' else r.status end,
       reason = 'the project was archived'
  from project p
 where p.organization_id = r.organization_id and p.id = r.project_id and p.status = 'archived'
   and r.status in ('requested', 'partial') and r.reason is null;
