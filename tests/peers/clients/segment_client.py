"""A product's server with Segment's Python client: `python segment_client.py ADDRESS KEY`."""

import sys

from segment import analytics

analytics.host, analytics.write_key = sys.argv[1:]
analytics.upload_size = 5
analytics.identify("u-1", {"plan": "pro"})
for number in range(20):
    analytics.track("u-1", "sign_up", {"number": number})
analytics.page("u-1", "Shop", "Prices", {"items": 2})
analytics.screen("u-1", "Shop", "Cart", {"items": 3})
analytics.group("u-1", "g-1", {"seats": 4})
analytics.alias("guest-1", "u-1")
analytics.shutdown()
