"""Values: validation of texts from outside: URLs, time zones, languages, countries, metadata.

Every other package may import it; it imports none.

`ssrf_guard.py` has the SSRF guard. Read `ssrf_guard.py`, `metadata.py` and `steps.py` first.
"""
