"""Parsing process: `parser.py` is the worker's side, `child.py` the process, `warmup.py` its examples."""
