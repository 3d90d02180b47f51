"""Pictures that an ingest meets: its logo, screenshots, those that pages name for a preview.

A reader of each source sights them (`Sighting`); `meet.py` fetches what is sighted and keeps what is a
picture of use, with the size that `measure.py` and `drawing.py` read from its first bytes.
"""
