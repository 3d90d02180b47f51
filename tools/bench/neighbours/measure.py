"""Run of the neighbours benchmark: for each row the victim at rest, then during the attack."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx
import msgspec

from chaos.environment import BenchServersAndSettings
from chaos.processes import ChildProcess, read_json_message, run_module_for_bench
from tools.bench.neighbours import body_attacks, connection_attacks, request_attacks, victim, worker_attacks
from tools.bench.neighbours.deployment import AttackedDeployment, run_attacked_deployment
from tools.bench.neighbours.row import AttackDefinition, AttackProcessInput
from tools.bench.neighbours.victim import AttackScale, VictimTimings
from tools.bench.suites import SuiteProgress

#: The rows of the table, in order.
NEIGHBOUR_ATTACKS_BY_NAME = {
    row.name: row
    for row in (
        *connection_attacks.CONNECTION_ATTACKS,
        *body_attacks.BODY_ATTACKS,
        *request_attacks.REQUEST_ATTACKS,
        *worker_attacks.ATTACKS_ON_WORKERS,
    )
}

#: Uncounted seconds of the victim's actions: connections open, statements get prepared.
VICTIM_WARM_UP_S = 1.0

#: Seconds for an attack to reach full strength, or to print its counts.
ATTACK_PROCESS_TIMEOUT_S = 300.0

#: The target of every row: p95 during the attack, as a multiple of the p95 at rest plus milliseconds.
VICTIM_P95_LIMIT_FACTOR = 2
VICTIM_P95_LIMIT_EXTRA_MS = 250


class NeighbourAttackResult(NamedTuple):
    """Result of a row with the victim's times at rest and during the attack, and the attack's notes."""

    what: str
    rest: VictimTimings
    beside: VictimTimings
    noted: dict[str, Any]

    @property
    def limit_ms(self) -> float:
        return round(VICTIM_P95_LIMIT_FACTOR * self.rest.p95 + VICTIM_P95_LIMIT_EXTRA_MS, 1)

    @property
    def is_target_met(self) -> bool:
        return self.beside.p95 <= self.limit_ms and not self.beside.failed

    def to_plain_values(self) -> dict[str, Any]:
        """Return the attack's result as plain values for --json."""
        seen = {"rest": self.rest._asdict(), "beside": self.beside._asdict()}
        return {"what": self.what, **seen, "limit_ms": self.limit_ms, "reached": self.is_target_met, **self.noted}


async def measure_neighbour_attacks(
    environment: BenchServersAndSettings, names: Collection[str], scale: AttackScale, progress: SuiteProgress
) -> dict[str, NeighbourAttackResult]:
    """Measure a victim at rest, then attacked, on new processes for each attack. Return results by name."""
    return {
        name: await _measure_attack_victim(environment, row, scale, progress)
        for name, row in NEIGHBOUR_ATTACKS_BY_NAME.items()
        if name in names
    }


async def _measure_attack_victim(
    environment: BenchServersAndSettings, row: AttackDefinition, scale: AttackScale, progress: SuiteProgress
) -> NeighbourAttackResult:
    progress(row.name, "processes start")
    async with (
        run_attacked_deployment(environment, pools=row.pools, sites=row.sites, settings=row.settings) as deployment,
        _open_victim_client(deployment, scale) as client,
    ):
        act = await row.acts(deployment, client)
        plan = await row.prepare(deployment, scale)
        await environment.pool.execute("analyze")
        every_s = scale.request_s if row.acts in victim.SINGLE_REQUEST_VICTIM_ACTIONS else scale.job_s
        await victim.time_victim_action(act, scale._replace(window_s=VICTIM_WARM_UP_S), every_s=every_s)
        progress(row.name, "at rest")
        rest = await victim.time_victim_action(act, scale, every_s=every_s)
        progress(row.name, "the attack begins")
        async with _run_attack(environment, row, plan) as counts:
            progress(row.name, "during the attack")
            beside = await victim.time_victim_action(act, scale, every_s=every_s)
        noted = await row.note(deployment, counts) if row.note else {}
        return NeighbourAttackResult(row.what, rest, beside, noted | {"attack": counts})


@asynccontextmanager
async def _run_attack(
    environment: BenchServersAndSettings, row: AttackDefinition, plan: AttackProcessInput
) -> AsyncIterator[Mapping[str, int]]:
    """Run the attack's process during the block, at full strength from its start; yield counts, complete after it."""
    path, counts = environment.folder / "attack.json", dict[str, int]()
    path.write_bytes(msgspec.json.encode(plan))
    async with run_module_for_bench(environment, "tools.bench.neighbours.attacking", row.name, str(path)) as child:
        await read_json_message(child, within=ATTACK_PROCESS_TIMEOUT_S)
        yield counts
        counts |= await _stop_attack(child)


async def _stop_attack(child: ChildProcess) -> dict[str, int]:
    child.process.terminate()
    return msgspec.convert(await read_json_message(child, within=ATTACK_PROCESS_TIMEOUT_S), dict[str, int])


@asynccontextmanager
async def _open_victim_client(deployment: AttackedDeployment, scale: AttackScale) -> AsyncIterator[httpx.AsyncClient]:
    base = f"http://127.0.0.1:{deployment.port}"
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=base, timeout=scale.patience_s, limits=limits, trust_env=False) as client:
        yield client
