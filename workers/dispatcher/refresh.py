"""Chore that submits a refresh for tokens that would expire before their next use."""

from domain.accounts import credentials
from workers.dispatcher.chore import Chore

REFRESH = Chore("refresh_tokens", 60.0, credentials.refresh_due)
