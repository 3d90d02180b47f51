"""HTTP requests to foreign servers: SSRF guard, robots.txt, site rate limit, downloads.

`fetch.py` is the entry. It opens the guarded clients and fetches one URL.

Read `fetch.py`, `robots.py` and `download.py` first.
"""
