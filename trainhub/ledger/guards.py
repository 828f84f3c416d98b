"""Database triggers that refuse to change or delete what was recorded.

SQLite needs three per table: ``INSERT OR REPLACE`` deletes without firing a DELETE trigger, so an
insert of an existing key is refused as well. PostgreSQL gets one function and UPDATE/DELETE/TRUNCATE
triggers; its application role should moreover hold INSERT and SELECT only.
"""

from collections.abc import Iterable, Mapping

FIRST: dict[str, tuple[str, ...]] = {
    "ledger_entry": ("district_id", "school_id", "seq"),
    "attendance_mark": ("district_id", "sheet_id", "op_id", "person_id"),
    "event_history": ("district_id", "id"),
    "policy_setting": ("district_id", "number"),
    "year_snapshot": ("district_id", "id"),
}
"""Tables of the first release with the columns of their key. A table that comes later is guarded by its own migration."""

MEETINGS: dict[str, tuple[str, ...]] = {"meeting_step": ("district_id", "meeting_id", "id")}

CASES: dict[str, tuple[str, ...]] = {
    "case_step": ("district_id", "case_id", "id"),
    "plan_step": ("district_id", "plan_id", "id"),
    "hour_entry": ("district_id", "plan_id", "number"),
    "appeal_step": ("district_id", "appeal_id", "id"),
}
"""None of them holds a sealed text: those are sealed anew when a key changes."""

ACCESS: dict[str, tuple[str, ...]] = {
    "access_log_entry": ("district_id", "school_id", "seq"),
    "access_review": ("district_id", "school_id", "id"),
}

GUARDED = FIRST | MEETINGS | ACCESS | CASES
"""Every guarded table."""


def sqlite_guards(tables: Mapping[str, tuple[str, ...]] = FIRST) -> list[str]:
    """Return the CREATE TRIGGER statements for SQLite."""
    statements = []
    for table, key in tables.items():
        same = " AND ".join(f"{column} = NEW.{column}" for column in key)
        statements += [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
        ]
    return statements


def postgresql_guards() -> list[str]:
    """Return the function and the triggers of the first tables for PostgreSQL."""
    return [
        "CREATE FUNCTION trainhub_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
        *postgresql_triggers(FIRST),
    ]


def postgresql_triggers(tables: Iterable[str]) -> list[str]:
    """Return the triggers of these tables for PostgreSQL; their function is there since the first release."""
    statements = []
    for table in tables:
        statements += [
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION trainhub_append_only()",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION trainhub_append_only()",
        ]
    return statements
