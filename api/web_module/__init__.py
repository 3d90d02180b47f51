"""The web module: JavaScript for web pages that send events, served without a key."""
