"""Generation of content: values to values, from a brand's snapshot to words and drawn files.

Nothing here knows jobs, HTTP or a database, and nothing calls anybody: same spec, same piece.
Workers and the command line import it.
"""
