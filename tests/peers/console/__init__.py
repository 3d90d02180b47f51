"""The console in Chromium, as a person uses it: each screen of a list, and what holds for all of them."""
