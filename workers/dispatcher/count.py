"""Chore that counts what waits in pools where much does, a part at a time."""

from jobs import maintenance
from workers.dispatcher.chore import Chore

COUNT = Chore("count_due", maintenance.COUNT_EVERY_S, maintenance.count_due)
