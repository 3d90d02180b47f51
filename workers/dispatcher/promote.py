"""Chore that promotes scheduled jobs once they are due: from then on workers may claim them."""

from jobs import maintenance
from workers.dispatcher.chore import Chore

PROMOTE = Chore("promote", 0.1, maintenance.promote)
