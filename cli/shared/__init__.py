"""Parts of several commands: sessions, output, failures, the API's client.

`command.py` is the entry: the decorators of every command. Read `command.py`, `session.py` and
`output.py` first.
"""
