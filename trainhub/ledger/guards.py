"""Database triggers that refuse to change or delete what was recorded.

SQLite needs three per table: ``INSERT OR REPLACE`` deletes without firing a DELETE trigger, so an
insert of an existing key is refused as well. PostgreSQL gets one function and UPDATE/DELETE/TRUNCATE
triggers; its application role should moreover hold INSERT and SELECT only.
"""

GUARDED: dict[str, tuple[str, ...]] = {
    "ledger_entry": ("district_id", "school_id", "seq"),
    "attendance_mark": ("district_id", "sheet_id", "op_id", "person_id"),
    "event_history": ("district_id", "id"),
    "policy_setting": ("district_id", "number"),
    "year_snapshot": ("district_id", "id"),
}


def sqlite_guards() -> list[str]:
    """Return the CREATE TRIGGER statements for SQLite."""
    statements = []
    for table, key in GUARDED.items():
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
    """Return the function and triggers for PostgreSQL."""
    statements = [
        "CREATE FUNCTION trainhub_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    ]
    for table in GUARDED:
        statements += [
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION trainhub_append_only()",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION trainhub_append_only()",
        ]
    return statements
