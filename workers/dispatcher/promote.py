"""Let scheduled jobs into their lines when their time has come."""

from jobs import maintenance
from workers.dispatcher.chore import Chore

RIPEN = Chore("ripen", 0.1, maintenance.ripen)
