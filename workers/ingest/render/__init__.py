"""Drawing of pages that have no text before their scripts run: one jailed Chromium for each page.

`drawer.py` is the entry. `jail.py` starts and kills Chromium in namespaces without a network. `drawing.py` answers
each request of the page by the caller's guarded fetch, over the DevTools protocol of `pipe.py`.

Read `drawer.py`, `jail.py` and `drawing.py` first.
"""
