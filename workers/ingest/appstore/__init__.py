"""App store ingest: reads an app's listings in Apple's and Google's stores.

`stores.py` is the entry, and fetches the stores' web pages. `lookup.py` requests Apple's lookup within the
rate limit of `rate.py`. `app.py`, `subtitle.py` and `play.py` read the responses in the parsing process.
"""
