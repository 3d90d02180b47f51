"""Ingests: read a brand from a website, an app's store listings or a GitHub repository.

`perform.py` runs the job of any source. `website/`, `appstore/` and `github/` fetch the documents, `parser/`
reads them in a process of its own, `derive/` and `llm/` add derived fields. Read `perform.py`, `shapes.py`
and `choose.py` first.
"""
