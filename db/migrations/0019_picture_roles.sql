-- App media gets photos, and pictures get roles. The code alone lists kinds and roles, so that a new one needs no migration.
alter table app_media drop constraint app_media_kind_check;
-- The partner's role of a picture, and the role by its pixels; null: no role, or a file from before this column.
alter table app_media add column declared_role text;
alter table app_media add column detected_role text;
-- Appearance of a picture, by which the same picture in another size is recognized (generation/fingerprints.py).
alter table app_media add column fingerprint bytea;
