"""Bluesky: its rules that this adapter obeys, tried on its own server (PDS 0.5.35) in November 2026.

AT Protocol, "Record Key" and lexicon `com.atproto.repo.putRecord`. A record's key may be ours: 13
characters of a timestamp (TID). `putRecord` with the same key and bytes and `swapRecord: null` makes the
record or finds it made. With other bytes it is `InvalidSwap`. `createRecord` without a key makes a second
post of a repeat.

Lexicon `com.atproto.server.refreshSession`. The same refresh token, used twice within its time of grace,
gives the same pair. So an answer that was lost does no harm. An access token lasts two hours.

Bluesky's "Rate Limits". An account has 5,000 points an hour and 35,000 a day, and a record costs 3. It may
begin 30 sessions in five minutes and 300 in a day, so sessions are kept.

Trouble is told apart by the body's `error`: a token that is bad, missing or ended comes with 400 or 401.
"""
