"""Have tokens refreshed that would end while nobody needs them."""

from domain.accounts import credentials
from workers.dispatcher.chore import Chore

REFRESH = Chore("refresh_tokens", 60.0, credentials.refresh_due)
