"""Values: validation of texts from outside: URLs, time zones, languages, countries, metadata.

Every other package may import it; it imports none.

`urls.py` has the SSRF guard. Read `urls.py`, `metadata.py` and `steps.py` first.
"""
