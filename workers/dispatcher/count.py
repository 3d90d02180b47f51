"""Chore that counts the waiting jobs of pools with a long queue, a part at a time."""

from jobs import maintenance
from workers.dispatcher.chore import Chore

COUNT = Chore("count_due", maintenance.COUNT_EVERY_S, maintenance.count_due)
