"""Chore that submits a refresh for tokens which would end before anybody needs them."""

from domain.accounts import credentials
from workers.dispatcher.chore import Chore

REFRESH = Chore("refresh_tokens", 60.0, credentials.refresh_due)
