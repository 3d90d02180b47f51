"""Images of an ingest: its logo, screenshots, and the previews that pages name.

A reader of each source lists the candidate images (`CandidateImage`). `fetch_images.py` fetches them and
keeps the useful ones, with the size that `measure.py` and `drawing.py` read from the first bytes.

Read `fetch_images.py`, `choose.py` and `measure.py` first.
"""
