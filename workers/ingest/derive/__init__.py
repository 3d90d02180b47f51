"""What a source's prose lets one conclude: keywords, voice, audience and ICP, by rules, with quotes.

`derive.py` is the way in; each other module is one field's rules. Nothing is declared here, so nothing
here is sure: `docs/explain/brand.md` says what each rule is worth.
"""
