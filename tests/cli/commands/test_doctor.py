"""`tenantry doctor` on healthy and faulty platforms."""

import errno
from typing import Any

import msgspec
import pytest

from db.pool import Conn
from db.queries import worker
from domain.operations import disk
from domain.operations.disk import DatabaseDiskUse
from generation.confinement import kernel
from jobs import maintenance
from schemas.settings import Settings
from tests.cli.conftest import Tenantry
from tests.jobs import scene


async def run_doctor(tenantry: Tenantry) -> tuple[int, dict[str, Any]]:
    """Run the command, and return the exit code and each check by its name."""
    result = await tenantry("doctor", "--json")
    document = msgspec.json.decode(result.stdout)
    return result.exit_code, {check["name"]: check for check in document["checks"]}


async def test_a_healthy_platform_passes(tenantry: Tenantry, environment: Settings) -> None:
    code, checks = await run_doctor(tenantry)
    assert code == 0
    assert {name for name, check in checks.items() if check["status"] == "fail"} == set()
    assert checks["migrations"]["value"] == []
    assert abs(checks["clock"]["value"]) < 1
    assert int(checks["postgresql"]["value"].split(".")[0]) >= 15
    assert checks["redis"]["status"] == "ok"
    assert (await tenantry("doctor")).stdout.split()[:2] == ["ok", "tenantry"]


async def test_a_host_without_the_kernels_sandbox_is_a_warning(
    tenantry: Tenantry, environment: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> int:
        raise OSError(errno.ENOSYS, "no such call")

    monkeypatch.setattr(kernel, "make_linux_syscall", refused)
    code, checks = await run_doctor(tenantry)
    assert code == 0
    assert checks["kernel sandbox"]["status"] == "warn"
    assert checks["kernel sandbox"]["value"] == ["landlock", "seccomp"]


async def test_a_host_without_the_engine_of_looks_is_a_warning(
    tenantry: Tenantry, environment: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await run_doctor(tenantry))[1]["engine of looks"]["value"] is True
    monkeypatch.setattr("generation.looks.engine.sys.executable", "/bin/false")
    code, checks = await run_doctor(tenantry)
    assert code == 0
    assert (checks["engine of looks"]["status"], checks["engine of looks"]["value"]) == ("warn", False)


async def test_pending_migrations_fail(tenantry: Tenantry, environment: Settings, conn: Conn) -> None:
    await conn.execute("drop schema public cascade; create schema public")
    code, checks = await run_doctor(tenantry)
    assert code == 1
    assert len(checks["migrations"]["value"]) > 0
    assert "tenantry migrate" in checks["migrations"]["advice"]


async def test_a_separate_event_store_is_checked(
    tenantry: Tenantry, environment: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Try a store without tables, then a missing one, with a healthy main database."""
    for store, name in (("template1", "event migrations"), ("nowhere", "event store")):
        monkeypatch.setenv("TELEMETRY_URL", environment.database_url.rpartition("/")[0] + f"/{store}")
        code, checks = await run_doctor(tenantry)
        assert code == 1
        assert {check_name for check_name, check in checks.items() if check["status"] == "fail"} == {name}


#: Used share of the disk, exit code and status; without the disk's size the check only warns.
DISKS: list[tuple[float | None, int, str]] = [(None, 0, "warn"), (0.5, 0, "ok"), (0.85, 0, "warn"), (0.97, 1, "fail")]


@pytest.mark.usefixtures("environment")
async def test_a_filling_disk_is_reported(tenantry: Tenantry, monkeypatch: pytest.MonkeyPatch) -> None:
    async def measure(_: Conn) -> DatabaseDiskUse:
        return DatabaseDiskUse(1_000_000_000, 0, sees_wal=False)

    monkeypatch.setattr(disk, "measure_disk_use_of_databases_and_wal", measure)
    for part, code, status in DISKS:
        if part:
            for setting in ("DATABASE_DISK_BYTES", "TELEMETRY_DISK_BYTES"):
                monkeypatch.setenv(setting, str(round(1_000_000_000 / part)))
        exit_code, checks = await run_doctor(tenantry)
        assert (exit_code, checks["disk"]["status"]) == (code, status)
        assert ("DATABASE_DISK_BYTES" in checks["disk"]["advice"]) is (status != "ok")
        if part:
            assert checks["disk of events"]["status"] == status
            assert "pg_monitor" in checks["disk"]["detail"]


async def test_missing_settings_are_named(tenantry: Tenantry, elsewhere: object) -> None:
    code, checks = await run_doctor(tenantry)
    assert code == 5
    assert "DATABASE_URL" in checks["settings"]["detail"]


async def test_a_missing_redis_is_a_warning(
    tenantry: Tenantry, environment: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    code, checks = await run_doctor(tenantry)
    assert (code, checks["redis"]["status"]) == (0, "warn")


async def test_a_malformed_keyring_fails_the_settings_check(
    tenantry: Tenantry, environment: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for keyring in ("", "a", "a:", "a:c2hvcnQ=", "a:!"):
        monkeypatch.setenv("PEPPERS", keyring)
        code, checks = await run_doctor(tenantry)
        assert code == 5, keyring
        assert "PEPPERS" in checks["settings"]["detail"]
        assert checks["postgresql"]["status"] == "ok"


async def test_a_missing_pepper_in_use_is_reported(
    tenantry: Tenantry, environment: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tenantry("org", "create", "Acme")
    await tenantry("keys", "create", "ci")
    monkeypatch.setenv("PEPPERS", environment.peppers.replace("test:", "other:"))
    code, checks = await run_doctor(tenantry)
    assert (code, checks["secrets"]["status"]) == (1, "fail")
    assert "test" in checks["secrets"]["detail"]


async def test_workers_and_a_dispatcher_are_detected_by_their_leases_and_lock(
    tenantry: Tenantry, environment: Settings, conn: Conn
) -> None:
    code, checks = await run_doctor(tenantry)
    assert (code, checks["workers ingest"]["status"], checks["dispatcher"]["status"]) == (0, "warn", "warn")
    assert "python -m workers ingest" in checks["workers ingest"]["advice"]
    await scene.worker(conn)
    await scene.worker(conn, lease_s=-1)
    await worker.drain_worker.run(conn, id=await scene.worker(conn))
    assert (await maintenance.try_to_lead_dispatchers(conn))[0]
    code, checks = await run_doctor(tenantry)
    assert (code, checks["workers ingest"]["status"]) == (0, "ok")
    assert checks["workers ingest"]["value"] == {"active": 1, "draining": 1, "lost": 1}
    assert (checks["dispatcher"]["status"], checks["dispatcher"]["value"]) == ("ok", True)
