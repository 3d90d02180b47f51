"""What one HTML page says of a brand: bytes in, candidates out, nothing else touched.

`extract.py` is the way in; each other module is one field's ladder or one way to look at the page. The
precedence of the rules is a number on each candidate, so a ladder can be read from top to bottom.
"""
