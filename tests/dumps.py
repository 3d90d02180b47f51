"""All that is in a database, as text: for what must not be in it."""

from db.pool import Pool


async def everything(pool: Pool) -> str:
    tables = await pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    texts = [
        await pool.fetchval(f"select string_agg(t::text, ' ') from {table['tablename']} t")
        for table in tables
    ]
    return " ".join(filter(None, texts))
