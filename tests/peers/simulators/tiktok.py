"""TikTok."""

from tests.peers.simulators.exchange import Answer, as_json
from tests.peers.simulators.simulator import Simulator


class TikTok(Simulator):
    name = "tiktok"

    def refusal(self, status: int) -> Answer:
        return as_json({"data": {}, "error": {"code": "internal", "message": "", "log_id": "1"}}, status)
