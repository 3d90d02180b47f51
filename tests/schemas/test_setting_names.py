"""Misspelled settings: near misses are reported, variables of other programs aren't."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.setting_names import KNOWN_SETTING_NAMES, edit_distance, find_misspelt_settings

#: Variables of hosts, shells, orchestrators and CI.
OTHER_VARIABLES = """
    PATH HOME LANG LC_ALL TERM USER SHELL PWD OLDPWD SHLVL TZ EDITOR HOSTNAME LOGNAME MAIL PS1 HOST
    PORT PORTS URL PYTHONPATH PYTHONUNBUFFERED VIRTUAL_ENV PGHOST PGPORT PGUSER PGPASSWORD
    PGDATABASE PGSSLMODE CI SSH_AUTH_SOCK AWS_SESSION_TOKEN AWS_PROFILE AWS_DEFAULT_REGION
    AWS_ROLE_ARN HTTP_PROXY HTTPS_PROXY NO_PROXY POSTGRES_PASSWORD KUBERNETES_PORT
    KUBERNETES_SERVICE_HOST TENANTRY_WEB_PORT TENANTRY_API TENANTRY_KEY TENANTRY_ORG XDG_DATA_DIRS
    GITHUB_ACTIONS GITHUB_ENV GITHUB_REF GITHUB_SHA GITHUB_SERVER_URL GITHUB_REPOSITORY
    GITHUB_WORKSPACE OTEL_EXPORTER_OTLP_ENDPOINT OTEL_SERVICE_NAME REDIS_PORT REDIS_HOST
    INVOCATION_ID JOURNAL_STREAM LISTEN_FDS STATE_DIRECTORY MAINPID PIP_INDEX_URL UV_INDEX_URL
""".split()


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("SLOT", "SLOTS"),
        ("PEPPER", "PEPPERS"),
        ("VAULT_KEY", "VAULT_KEYS"),
        ("DRIAN_S", "DRAIN_S"),
        ("DATABSE_URL", "DATABASE_URL"),
        ("PROXY_HOP", "PROXY_HOPS"),
        ("FETCH_ALLOW", None),
        ("TENANTRY_FETCH_ALOW", "TENANTRY_FETCH_ALLOW"),
        ("slots", None),
    ],
)
def test_a_misspelled_setting_suggests_the_right_one(name: str, suggestion: str | None) -> None:
    assert find_misspelt_settings([name]) == ({name: suggestion} if suggestion else {})


def test_settings_and_variables_of_other_programs_are_not_reported() -> None:
    assert find_misspelt_settings([*KNOWN_SETTING_NAMES, *OTHER_VARIABLES]) == {}


@given(st.text("AB_", max_size=6), st.text("AB_", max_size=6))
def test_the_edit_distance_is_symmetric(first: str, second: str) -> None:
    assert edit_distance(first, second) == edit_distance(second, first)
    assert (edit_distance(first, second) == 0) == (first == second)
    assert edit_distance(first, second) <= max(len(first), len(second))


@given(st.sampled_from(sorted(KNOWN_SETTING_NAMES)), st.data())
def test_each_setting_without_one_letter_is_found(name: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(name) - 1))
    misspelled = name[:position] + name[position + 1 :]
    if misspelled not in KNOWN_SETTING_NAMES and len(misspelled) >= 4:
        assert misspelled in find_misspelt_settings([misspelled])
