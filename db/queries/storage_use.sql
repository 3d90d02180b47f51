-- name: get_use    Return the tier and the stored bytes of this organization's live one, suspended or not.
select coalesce(l.resumes_as, l.tier) as tier, coalesce(u.bytes, 0)::bigint as bytes
  from organization o
  join organization l on l.id = coalesce(o.live_organization_id, o.id)
  left join storage_use u on u.organization_id = l.id
 where o.id = :org;
