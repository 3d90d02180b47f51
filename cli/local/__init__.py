"""`bin/up`: a platform on this machine, with its packages, servers, processes and demo data.

`install.py` is the entry from a fresh clone, `cli/commands/up.py` from an installed one. Read `install.py`,
`supervise.py` and `demo.py` first.
"""
