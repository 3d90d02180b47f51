"""The first signal unwinds, the next ones hurry what is unwinding."""

import os
import signal

import pytest

from cli.local.signals import SIGNALS, Asked, Terminated, terminating


@pytest.mark.parametrize("signum", SIGNALS)
def test_the_first_unwinds_and_each_further_one_hurries(signum: signal.Signals) -> None:
    hurried: list[str] = []
    before = signal.getsignal(signum)
    with terminating(again=lambda: hurried.append("now")):
        with pytest.raises(Terminated):
            os.kill(os.getpid(), signum)
        assert hurried == []
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signum)
        assert hurried == ["now", "now"]
    assert signal.getsignal(signum) is before


def test_sigusr1_is_taken_once_and_ends_nothing() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    asked = Asked()
    assert not asked.take()
    os.kill(os.getpid(), signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR1)
    assert asked.take()
    assert not asked.take()
    signal.signal(signal.SIGUSR1, before)
