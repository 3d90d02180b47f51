"""Chore that has the posters made of videos that were uploaded before there were any."""

from domain.content import posters
from workers.dispatcher.chore import Chore

#: In seconds: where all is done, the look at what came since costs nothing.
EVERY_S = 5.0

LOOK_BACK = Chore("look_back_for_posters", EVERY_S, posters.look_back, batch=posters.LOOKED_AT)
