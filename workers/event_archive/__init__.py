"""The event archive: copies of closed days of events in an external analytics database."""
