"""Simulators of TikTok and Instagram on loopback: real HTTP, their own clock, faults on demand.

In a test, in a thread:

    with served(TikTok(redirect_uris=[callback])) as base:
        async with Sim(base) as sim:
            await sim.account("ada")
            await sim.fault("last_chunk", SimFault.ACCEPT_THEN_DROP)
            ...  # the code under test, with TIKTOK_URL = TIKTOK_API_URL = base
            await sim.advance(120)
            assert await sim.counts("ada", "Hello") == {"live": 1}

Processes call it too, by its address. The control API (`control.py`) is served under `/_sim/`.

A new platform is a subclass of `simulator.Simulator` with its routes.
"""
