"""The web module: what web pages send their events with, served from here without a key."""
