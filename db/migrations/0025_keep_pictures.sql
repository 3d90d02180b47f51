-- The pictures that a source's ingest met, in their order (schemas/pictures.py).
alter table brand_source add column media jsonb not null default '[]';
