"""The web module: JavaScript for web pages that send events, served without a key.

`tenantry.js` is the module, `packing.py` minifies it.
"""
