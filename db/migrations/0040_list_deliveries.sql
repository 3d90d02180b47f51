-- Deliveries by a status that few may have, in the order of ids. Its condition follows from none of those by which what is to be
-- sent is looked for, whose plans must not take it.
create index webhook_delivery_status on webhook_delivery (organization_id, endpoint_id, status, id)
    where coalesce(status <> 'delivered', true);
