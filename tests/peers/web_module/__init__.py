"""The web module in Chromium, page by page."""
