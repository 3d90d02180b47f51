-- The trade, the town and the statements that the source's ingest found (BrandProfile in schemas/brand.py).
alter table brand_source
  add column profile jsonb not null default '{}';
