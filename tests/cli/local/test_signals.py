"""Signals: the first unwinds the stack, later ones speed it up."""

import os
import signal

import pytest

from cli.local.signals import (
    TERMINATION_SIGNALS,
    PrintKeysRequestCounter,
    TerminationSignalReceived,
    raise_on_termination_signals,
)


@pytest.mark.parametrize("signum", TERMINATION_SIGNALS)
def test_the_first_signal_unwinds_and_later_ones_call_again(signum: signal.Signals) -> None:
    hurried: list[str] = []
    before = signal.getsignal(signum)
    with raise_on_termination_signals(again=lambda: hurried.append("now")):
        with pytest.raises(TerminationSignalReceived):
            os.kill(os.getpid(), signum)
        assert hurried == []
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signum)
        assert hurried == ["now", "now"]
    assert signal.getsignal(signum) is before


def test_sigusr1_is_counted_once_and_ends_nothing() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    asked = PrintKeysRequestCounter()
    assert not asked.take_print_request()
    os.kill(os.getpid(), signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR1)
    assert asked.take_print_request()
    assert not asked.take_print_request()
    signal.signal(signal.SIGUSR1, before)
