-- name: get_use    of the live organization of this one: its tier, suspended or not, and what it keeps
select coalesce(l.resumes_as, l.tier) as tier, coalesce(u.bytes, 0)::bigint as bytes
  from organization o
  join organization l on l.id = coalesce(o.live_organization_id, o.id)
  left join storage_use u on u.organization_id = l.id
 where o.id = :org;
