-- name: emit_event    the event's id; null: nobody wants it
select emit_webhook_event(:org, :project_id, :type, :object_id, :told_only, :about);
