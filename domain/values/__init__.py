"""Values: validation of texts from outside: URLs, time zones, languages, countries, metadata.

Every other package may import it; it imports none.
"""
