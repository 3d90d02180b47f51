"""Bluesky: the rules of its API for this adapter, tested on its own server (PDS 0.5.35) in November 2026.

AT Protocol, "Record Key" and lexicon `com.atproto.repo.putRecord`. The client may choose a record's key: 13
characters of a timestamp (TID). `putRecord` with the same key and bytes and `swapRecord: null` creates the
record or finds it existing. Other bytes raise `InvalidSwap`. A repeat of `createRecord` without a key creates
a second post.

Lexicon `com.atproto.server.refreshSession`. The same refresh token, used twice within its grace period,
returns the same pair. So a lost response does no harm. An access token lasts two hours.

Bluesky's "Rate Limits". An account has 5,000 points an hour and 35,000 a day, and a record costs 3. It may
begin 30 sessions in five minutes and 300 in a day, so sessions are reused.

The body's `error` identifies a failure: a bad, missing or expired token comes with status 400 or 401.

`adapter.py` is the entry for workers, `description.py` for all others. Read `publish.py` and `record.py`
next.
"""
