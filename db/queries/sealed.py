"""Statements on the tables with sealed secrets: the keys in use, and the reseal with another key."""

from typing import NamedTuple

from db.queries import Query


class SealedTable(NamedTuple):
    """A table with secrets: `keys` are its primary key, `column` has the sealed bytes.

    `live_condition` holds for the rows that are still read; the others are deleted soon. `bound_keys` are the
    keys in the row's name that a secret is bound to, by default all of them.
    """

    name: str
    keys: tuple[str, ...]
    column: str = "sealed"
    live_condition: str = "true"
    bound_keys: tuple[str, ...] | None = None

    @property
    def list_vault_key_ids_statement(self) -> Query:
        """Return the SQL statement that lists the ids of the vault keys that seal the table's live secrets."""
        where = f"vault_key_id is not null and {self.live_condition}"
        return self._build_sealed_table_query(
            "vault_key_ids",
            f"select distinct vault_key_id from {self.name} where {where}",  # noqa: S608
        )

    @property
    def count_stale_secrets_statement(self) -> Query:
        """Return the SQL statement that counts the live secrets sealed with another vault key than `writer`."""
        return self._build_sealed_table_query(
            "count_of_other_keys",
            f"select count(*) from {self._rows_of_other_keys_clause}",  # noqa: S608
        )

    @property
    def lock_stale_secrets_statement(self) -> Query:
        """Return the SQL statement that locks and lists a batch of live secrets of other keys than `writer`."""
        keys = ", ".join(self.keys)
        return self._build_sealed_table_query(
            "lock_of_other_keys",
            f"select {keys}, {self.column} as sealed, vault_key_id from {self._rows_of_other_keys_clause} "  # noqa: S608
            f"order by {keys} limit :limit for no key update",
        )

    @property
    def store_resealed_secret_statement(self) -> Query:
        """Return the SQL statement that replaces a row's secret by one that is sealed with another vault key."""
        where = " and ".join(f"{key} = :{key}" for key in self.keys)
        return self._build_sealed_table_query(
            "reseal",
            f"update {self.name} set {self.column} = :sealed, vault_key_id = :vault_key_id where {where}",  # noqa: S608
        )

    @property
    def _rows_of_other_keys_clause(self) -> str:
        return f"{self.name} where vault_key_id <> :writer and {self.live_condition}"

    def _build_sealed_table_query(self, statement: str, text: str) -> Query:
        return Query(f"{self.name}.{statement}", text)


SEALED_TABLES = (
    SealedTable("account_credential", ("organization_id", "account_id")),
    SealedTable("conversion_destination", ("organization_id", "app_id", "destination")),
    SealedTable(
        "idempotency_key",
        ("organization_id", "api_key_id", "key"),
        column="body",
        live_condition="created_at > now() - interval '24 hours'",
    ),
    SealedTable("job_secret", ("organization_id", "job_id")),
    SealedTable("oauth_state", ("organization_id", "state_hash"), bound_keys=("state_hash",)),
    SealedTable("platform_app", ("platform", "service_url", "redirect_uri")),
    SealedTable("scheduled_post", ("organization_id", "id")),
    SealedTable("webhook_secret", ("organization_id", "endpoint_id", "id")),
)
