"""Mastodon: the rules of its API for this adapter, by docs.joinmastodon.org as of November 2026.

"Statuses: Post a new status". `Idempotency-Key` is kept for up to an hour. A repeat returns the existing
post. `scheduled_at` would return another entity, so it is never sent.

"Media: Upload media as an attachment". It returns 202 while the server processes a file, which is then
polled: 206 until it is done.

"Rate limits". An account may make 300 requests in five minutes, and upload 30 files in half an hour. The
reset is a time in ISO 8601; other programs send seconds.

Other programs of the same API differ. snac2 2.75, tested in November 2026, creates two posts for one key,
returns 422 for a revoked token, and has neither refresh tokens nor limits. So a server's abilities are the
account's own traits (`tokenExact` and others), read at its connection.

`adapter.py` is the entry for workers, `description.py` for all others. Read `publish.py` and `uploads.py`
next.
"""
