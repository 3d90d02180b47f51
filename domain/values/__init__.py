"""Values: what a text from outside must be to be a URL, a time zone, a language, a country or metadata.

Every other package may import it; it imports none.
"""
