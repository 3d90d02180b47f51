"""A product's server with Segment's own client: `python segment_client.py ADDRESS KEY`."""

import sys

from segment import analytics

analytics.host, analytics.write_key = sys.argv[1:]
analytics.upload_size = 5
for number in range(20):
    analytics.track(f"user-{number}", "sign_up", {"number": number})
analytics.identify("user-1", {"plan": "pro"})
analytics.shutdown()
