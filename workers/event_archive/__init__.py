"""The event archive: a database for analysis, elsewhere, that has closed days of events."""
