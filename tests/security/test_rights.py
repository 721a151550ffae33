"""Every right of every role, as the catalogues have it, against a table of what it needs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2 import errors

from db.errors import DatabaseError
from db.migrate import migrate
from local.postgres import LocalPostgres
from tests.conftest import PASSWORD, Database, free_port, migrate_settings
from tests.memory import server_directory

ROLES = ("mlops_owner", "api", "analyst", "monitor", "retraining")


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    """The service's database on a server of its own, as the migrator leaves it."""
    with server_directory() as path:
        data = path / "server"
        postgres = LocalPostgres(data, port=free_port(), password=PASSWORD, durable=False)
        postgres.start()
        try:
            database = Database("mlops", postgres.port)
            list(migrate(database_settings(postgres.admin_url)))
            yield database
        finally:
            postgres.stop()


def database_settings(url: str, **more: Any) -> Any:
    return migrate_settings(url, "mlops", **more)


def admin_url(server: Database) -> str:
    return server.url("postgres").rsplit("/", 1)[0] + "/postgres"


# -- the walk ------------------------------------------------------------------------------------

DATABASES = {
    ("mlops_owner", "mlops"): {"CONNECT", "CREATE", "TEMPORARY"},
    ("api", "mlops"): {"CONNECT", "TEMPORARY"},
    ("analyst", "mlops"): {"CONNECT"},
    ("monitor", "mlops"): {"CONNECT"},
    ("retraining", "mlops"): {"CONNECT"},
}
SCHEMAS = {
    ("mlops_owner", "public"): {"CREATE", "USAGE"},
    ("mlops_owner", "monitoring"): {"CREATE", "USAGE"},
    ("api", "public"): {"USAGE"},
    ("analyst", "public"): {"USAGE"},
    ("analyst", "monitoring"): {"USAGE"},
    ("monitor", "public"): {"USAGE"},
    ("monitor", "monitoring"): {"USAGE"},
    ("retraining", "public"): {"USAGE"},
    ("retraining", "monitoring"): {"USAGE"},
    **{
        (role, schema): {"USAGE"}
        for role in ROLES
        for schema in ("pg_catalog", "information_schema")
    },
}
# What is not a SELECT of a reader's, or everything of the owner's.
TABLES = {
    ("api", "prediction_log"): {"INSERT"},
    ("api", "model_version"): {"INSERT"},
    ("api", "model_activation"): {"INSERT"},
    ("api", "rejected_request"): {"INSERT"},
    ("api", "log_counter"): {"INSERT", "SELECT", "UPDATE"},
}
# Beside a SELECT of everything: what it counts into, what it finds, and the locks of both.
COUNTS = {
    "reference_profile": {"INSERT", "UPDATE"},
    "rollup_mark": {"INSERT", "UPDATE", "DELETE"},
    "rollup_hour": {"INSERT", "UPDATE", "DELETE"},
    "rollup_day": {"INSERT", "UPDATE", "DELETE"},
    "outcome_hour": {"INSERT", "UPDATE", "DELETE"},
    "outcome_day": {"INSERT", "UPDATE", "DELETE"},
    "rollup_state": {"UPDATE"},
    "rollup_gate": {"UPDATE"},
    "incident": {"INSERT"},
    "incident_record": {"INSERT"},
    "incident_gate": {"UPDATE"},
    "operator_note": {"INSERT"},
    "watch_state": {"INSERT", "UPDATE"},
    "monitor_clock": {"INSERT", "UPDATE", "DELETE"},
    "webhook_target": {"INSERT", "UPDATE"},
    "webhook_delivery": {"INSERT", "UPDATE"},
}
# What a decision about retraining goes by. Records are added by the owner's function alone.
DECIDES_BY = {
    *("prediction_log", "outcome_event", "outcome_window", "retired_month", "log_counter"),
    *("model_version", "model_activation", "reference_profile", "rollup_state"),
    *("rollup_hour", "rollup_day", "outcome_hour", "outcome_day", "incident", "incident_record"),
    *("operator_note", "watch_state", "monitor_clock", "retraining_record"),
}
# Of the api, which reads no table; beside them the owner's, and the readers'.
CALLS = (
    "early_outcomes(text)",
    "ensure_prediction_log_partition(timestamp with time zone)",
    "load_outcomes(outcome_columns)",
    "placed_outcomes(text)",
    "reports_of_subject(uuid,text,timestamp with time zone,integer)",
    "settled_outcomes()",
    "states_of_subject(uuid,text,timestamp with time zone,integer)",
    "store_outcomes(text,text)",
)
_TIME = "timestamp with time zone"
READS = (
    f"monitoring.due_at({_TIME},{_TIME},interval)",
    "monitoring.hour_at(jsonb)",
    f"monitoring.outcomes_as_of({_TIME},{_TIME})",
    f"monitoring.outcomes_seen({_TIME},{_TIME},{_TIME})",
    "settled_outcomes()",
)
APPENDS = "append_retraining_record(bigint,timestamp with time zone,text,text,text)"
# Called by the owner's other functions alone.
INNER = (
    "known_outcomes(outcome_columns,integer[],timestamp with time zone)",
    "mark_rollup()",
    "new_outcomes(outcome_columns,integer[],timestamp with time zone)",
    "outcome_batch(text)",
    "outcome_rows(outcome_columns)",
    "refuse_record_change()",
)
FUNCTIONS = {
    *(("api", name) for name in CALLS),
    *((role, name) for role in ("analyst", "monitor") for name in READS),
    *(("retraining", name) for name in (*READS, APPENDS)),
    *(("mlops_owner", name) for name in (*CALLS, *READS, APPENDS, *INNER)),
}
# Functions of the server that change something, or may hold others up, and that everybody may call.
CALLABLE_BY_ALL = {
    # These act for their own session, or on others of the same role.
    "set_config", "setseed", "pg_sleep", "pg_sleep_for", "pg_sleep_until", "pg_cancel_backend",
    "pg_terminate_backend", "pg_stat_clear_snapshot", "pg_stat_force_next_flush", "pg_notify",
    # These ask for further rights inside.
    "nextval", "setval", "brin_desummarize_range", "brin_summarize_new_values",
    "brin_summarize_range", "gin_clean_pending_list", "pg_clear_attribute_stats",
    "pg_clear_relation_stats", "pg_restore_attribute_stats", "pg_restore_relation_stats",
    "pg_import_system_collations", "pg_copy_logical_replication_slot",
    "pg_copy_physical_replication_slot", "pg_create_logical_replication_slot",
    "pg_create_physical_replication_slot", "pg_drop_replication_slot",
    "pg_logical_slot_get_binary_changes", "pg_logical_slot_get_changes",
    "pg_logical_slot_peek_binary_changes", "pg_logical_slot_peek_changes",
    "pg_replication_slot_advance", "pg_sync_replication_slots", "pg_nextoid",
    "pg_stop_making_pinned_objects", "pg_extension_config_dump",
}  # fmt: skip
# What the names of functions that change something begin with, for those that a newer server has.
CHANGING = (
    "^(lo_|loread|lowrite|pg_(try_)?advisory|pg_logical|pg_export|pg_import|pg_create|pg_drop|pg_copy"
    "|pg_replication|pg_sync|pg_notify|pg_cancel|pg_terminate|pg_reload|pg_rotate|pg_switch|pg_promote"
    "|pg_backup|pg_wal_replay|pg_read_|pg_ls_|pg_stat_file|pg_stat_reset|pg_stat_clear|pg_stat_force"
    "|pg_clear|pg_restore|pg_log_|pg_sleep|pg_stop|pg_nextoid|pg_extension|set|nextval|brin_|gin_clean"
    "|pg_file|pg_hba|pg_ident|pg_show_all_file)"
)


def rights(server: Database, query: str) -> dict[tuple[str, str], set[str]]:
    """Rights by role and object, of a query for role, object and right."""
    found: dict[tuple[str, str], set[str]] = {}
    for role, name, right in server.query(query, list(ROLES)):
        found.setdefault((role, name), set()).add(right)
    return found


def test_databases(server: Database) -> None:
    found = rights(
        server,
        "SELECT role, datname, ability FROM unnest(%s) AS role, pg_database,"
        " unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY']) AS ability"
        " WHERE datallowconn AND has_database_privilege(role, oid, ability)",
    )

    assert found == DATABASES


def test_schemas(server: Database) -> None:
    found = rights(
        server,
        "SELECT role, nspname, ability FROM unnest(%s) AS role, pg_namespace,"
        " unnest(ARRAY['CREATE', 'USAGE']) AS ability"
        " WHERE nspname !~ '^pg_(toast|temp)' AND has_schema_privilege(role, oid, ability)",
    )

    assert found == SCHEMAS


def test_tables_views_sequences_and_columns(server: Database) -> None:
    found = rights(
        server,
        "SELECT role, relname, ability FROM unnest(%s) AS role, pg_class,"
        " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER',"
        "   'MAINTAIN']) AS ability"
        " WHERE relnamespace IN ('public'::regnamespace, 'monitoring'::regnamespace)"
        " AND relkind IN ('r', 'p', 'v', 'm', 'f') AND has_table_privilege(role, oid, ability)",
    )
    columns = server.query(
        "SELECT attrelid::regclass, attname FROM pg_attribute WHERE attacl IS NOT NULL"
        " AND attrelid >= 16384"
    )
    sequences = server.query(
        "SELECT role, relname FROM unnest(%s) AS role, pg_class WHERE relkind = 'S'"
        " AND role <> 'mlops_owner' AND has_sequence_privilege(role, oid, 'USAGE, SELECT, UPDATE')",
        list(ROLES),
    )

    names = {name for role, name in found if role == "mlops_owner"}
    analyst, monitor, retraining = (
        {name: found.pop((role, name)) for name in names if (role, name) in found}
        for role in ("analyst", "monitor", "retraining")
    )
    views = {
        name
        for (name,) in server.query("SELECT viewname FROM pg_views WHERE schemaname = 'monitoring'")
    }
    for name in names:
        del found["mlops_owner", name]
    assert found == TABLES
    # Views of the api's answers and the log's accounts; of the migrations' table no less.
    assert analyst == {name: {"SELECT"} for name in names}
    assert monitor == {name: {"SELECT"} | COUNTS.get(name, set()) for name in names}
    assert retraining == {name: {"SELECT"} for name in DECIDES_BY | views} | {
        "retraining_gate": {"UPDATE"}
    }
    assert columns == []
    # Sequences are read along with the tables that the readers read, by no right of their own.
    assert sequences == []


def test_functions_of_ours(server: Database) -> None:
    found = server.query(
        "SELECT role, oid::regprocedure::text FROM unnest(%s) AS role, pg_proc"
        " WHERE pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')"
        " AND has_function_privilege(role, oid, 'EXECUTE')",
        list(ROLES),
    )

    assert set(found) == FUNCTIONS


@pytest.mark.parametrize("role", ["api", "analyst", "monitor", "retraining"])
def test_functions_of_the_server(server: Database, role: str) -> None:
    """None beyond what everybody may call, and of that only what harms nobody."""
    own = server.query(
        "SELECT oid::regprocedure::text FROM pg_proc"
        " WHERE has_function_privilege(%s, oid, 'EXECUTE')"
        " AND NOT has_function_privilege('public', oid, 'EXECUTE') ORDER BY 1",
        role,
    )
    changing = server.query(
        "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace"
        " AND provolatile = 'v' AND proname ~ %s AND has_function_privilege(%s, oid, 'EXECUTE')",
        CHANGING,
        role,
    )

    expected = {"api": CALLS, "retraining": (*READS, APPENDS)}.get(role, READS)
    assert sorted(name for (name,) in own) == sorted(expected)
    assert {name for (name,) in changing} <= CALLABLE_BY_ALL


def test_memberships_attributes_parameters_and_large_objects(server: Database) -> None:
    memberships = server.query(
        "SELECT member::regrole::text, roleid::regrole::text FROM pg_auth_members"
        " WHERE member::regrole::text = ANY (%s) OR roleid::regrole::text = ANY (%s)",
        list(ROLES),
        list(ROLES),
    )
    attributes = server.query(
        "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,"
        " rolcanlogin, rolconnlimit FROM pg_roles WHERE rolname = ANY (%s)",
        list(ROLES),
    )
    settings = server.query(
        "SELECT setrole::regrole::text, setdatabase, unnest(setconfig) FROM pg_db_role_setting"
        " WHERE setrole <> 0"
    )

    # For the administrator acts as the owner.
    assert memberships == [("postgres", "mlops_owner")]
    nothing = (False,) * 5
    assert sorted(attributes) == [
        ("analyst", *nothing, True, 20),
        ("api", *nothing, True, -1),
        ("mlops_owner", *nothing, True, -1),
        ("monitor", *nothing, True, 20),
        ("retraining", *nothing, True, 20),
    ]
    assert sorted(settings) == [
        ("analyst", 0, "default_transaction_read_only=on"),
        ("analyst", 0, "idle_in_transaction_session_timeout=5min"),
        ("analyst", 0, "statement_timeout=15min"),
        ("analyst", 0, "temp_file_limit=2GB"),
        ("monitor", 0, "idle_in_transaction_session_timeout=5min"),
        ("monitor", 0, "statement_timeout=15min"),
        ("monitor", 0, "temp_file_limit=2GB"),
        ("retraining", 0, "idle_in_transaction_session_timeout=5min"),
        ("retraining", 0, "statement_timeout=15min"),
        ("retraining", 0, "temp_file_limit=2GB"),
    ]
    for catalogue in (
        "pg_parameter_acl",
        "pg_largeobject_metadata",
        "pg_foreign_data_wrapper",
        "pg_foreign_server",
        "pg_policy",
        "pg_publication",
        "pg_event_trigger",
        "pg_trigger WHERE NOT tgisinternal AND tgname NOT IN"
        " ('mark_rollup', 'refuse_record_change', 'refuse_record_truncation')",
        "pg_extension WHERE extname <> 'plpgsql'",
        "pg_tablespace WHERE spcacl IS NOT NULL",
        "pg_language WHERE lanacl IS NOT NULL",
        "pg_type WHERE typacl IS NOT NULL",
    ):
        assert server.query(f"SELECT count(*) FROM {catalogue}") == [(0,)], catalogue
    defaults = server.query(
        "SELECT defaclrole::regrole::text, defaclnamespace::regnamespace::text, defaclobjtype,"
        " defaclacl::text FROM pg_default_acl"
    )
    readers = "{analyst=r/mlops_owner,monitor=r/mlops_owner}"
    assert defaults == [("mlops_owner", "public", "r", readers)]


# -- what the analyst tries ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT lo_creat(-1)",
        "SELECT lo_create(0)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT lo_put(1, 0, 'x')",
        "SELECT pg_advisory_lock(7033412055)",
        "SELECT pg_try_advisory_xact_lock_shared(1, 2)",
        "SELECT pg_logical_emit_message(false, 'x', 'x')",
        "SELECT pg_export_snapshot()",
        "SELECT pg_read_file('/etc/hostname')",
        "SELECT pg_ls_dir('.')",
        "SELECT pg_reload_conf()",
        "SELECT pg_stat_reset()",
        "SELECT pg_switch_wal()",
        "SELECT nextval('rejected_request_rejection_id_seq')",
        "COPY (SELECT 1) TO '/tmp/x'",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "CREATE TEMPORARY TABLE t (x int)",
        "CREATE TABLE public.t (x int)",
        "CREATE VIEW monitoring.t AS SELECT 1",
        "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE EXTENSION pg_trgm",
        "CREATE PUBLICATION p FOR ALL TABLES",
        "LOCK TABLE prediction_log IN ROW SHARE MODE",
        "SELECT * FROM prediction_log FOR SHARE",
        "ANALYZE (SKIP_LOCKED) pg_authid; SELECT * FROM pg_authid",
        "ALTER ROLE analyst CONNECTION LIMIT -1",
        "ALTER ROLE analyst SET temp_file_limit = -1",
        "ALTER ROLE analyst CREATEDB",
        "ALTER ROLE api SET search_path = 'x'",
        "ALTER ROLE api PASSWORD 'x'",
        "ALTER DATABASE mlops SET search_path = 'x'",
        "SET session_replication_role = replica",
        "SET log_min_messages = debug5",
        "SET temp_file_limit = -1",
        "GRANT analyst TO api",
        "SET ROLE mlops_owner",
        "COMMENT ON TABLE prediction_log IS 'x'",
        "CHECKPOINT",
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_the_analyst_is_refused(server: Database, statement: str) -> None:
    unlocked = "SET default_transaction_read_only = off; COMMIT; BEGIN; " + statement

    with pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)):
        server.query(unlocked, role="analyst")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ["postgres", "template1"])
def test_no_role_gets_into_another_database(server: Database, role: str, name: str) -> None:
    url = server.url(role).rsplit("/", 1)[0]

    with pytest.raises(psycopg2.OperationalError, match="does not have CONNECT privilege"):
        psycopg2.connect(f"{url}/{name}")


def test_a_crowd_of_analysts_leaves_room_for_the_others(server: Database) -> None:
    crowd: list[Any] = []

    try:
        with pytest.raises(psycopg2.OperationalError, match="too many connections for role"):
            crowd.extend(psycopg2.connect(server.url("analyst")) for _ in range(97))
        psycopg2.connect(server.url("api")).close()
        assert list(migrate(database_settings(admin_url(server)))) == []
    finally:
        for connection in crowd:
            connection.close()


def test_what_the_analyst_sets_for_itself_is_forgotten(server: Database) -> None:
    """It may set what a session may set; the walls stand, and the rest comes back."""
    unlocked = "SET default_transaction_read_only = off; COMMIT; BEGIN; "
    server.query(unlocked + "ALTER ROLE analyst RESET ALL", role="analyst")
    limit = server.query("SHOW temp_file_limit", role="analyst")
    server.query("ALTER ROLE analyst SET search_path = 'nowhere'", role="analyst")
    server.query(
        "ALTER ROLE analyst IN DATABASE mlops SET client_encoding = 'LATIN1'", role="analyst"
    )
    with pytest.raises(errors.InsufficientPrivilege):
        server.query("DELETE FROM public.prediction_log", role="analyst")

    list(migrate(database_settings(admin_url(server))))

    shown = [
        server.query(f"SHOW {name}", role="analyst")
        for name in ("default_transaction_read_only", "statement_timeout", "temp_file_limit")
    ]
    assert limit == [("2GB",)]
    assert shown == [[("on",)], [("15min",)], [("2GB",)]]
    assert server.query(
        "SELECT count(*) FROM pg_db_role_setting WHERE setrole = 'analyst'::regrole"
    ) == [(1,)]


def test_what_an_earlier_release_left_open_is_closed(short_dir: Path) -> None:
    """Existing databases have the rights of before, and may have others of a server's past."""
    postgres = LocalPostgres(short_dir / "old", port=free_port(), password=PASSWORD, durable=False)
    postgres.start()
    try:
        old = Database("mlops", postgres.port)
        list(migrate(database_settings(postgres.admin_url)))
        old.query("CREATE ROLE shop LOGIN PASSWORD %s", PASSWORD)
        for name in ("postgres", "template1"):
            old.query(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO PUBLIC")
        old.query("GRANT CREATE ON SCHEMA public TO PUBLIC")
        old.query("GRANT EXECUTE ON FUNCTION lo_creat(int), pg_advisory_lock(bigint) TO PUBLIC")
        old.query("ALTER ROLE analyst CONNECTION LIMIT -1")

        steps = list(migrate(database_settings(postgres.admin_url)))

        assert len(steps) == 3
        for statement in ("SELECT lo_creat(-1)", "SELECT pg_advisory_lock(1)"):
            with pytest.raises(errors.InsufficientPrivilege):
                old.query(statement, role="analyst")
        with pytest.raises(errors.InsufficientPrivilege):
            old.query("CREATE TABLE public.t (x int)", role="api")
        url = old.url("analyst").rsplit("/", 1)[0]
        with pytest.raises(psycopg2.OperationalError, match="CONNECT"):
            psycopg2.connect(f"{url}/postgres")
        # Whoever else used the server goes on to.
        psycopg2.connect(f"{old.url('shop').rsplit('/', 1)[0]}/postgres").close()
        assert list(migrate(database_settings(postgres.admin_url))) == []
    finally:
        postgres.stop()


def test_whoever_holds_the_migrations_lock_is_named(postgres: LocalPostgres) -> None:
    settings = migrate_settings(postgres.admin_url, "held_up", database_wait_seconds=0.3)
    holder = psycopg2.connect(postgres.admin_url, application_name="the holder")
    try:
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(7033412055)")

        with pytest.raises(DatabaseError, match=r"of postgres \(the holder\) since .* Wait for it"):
            list(migrate(settings))
    finally:
        holder.close()

    assert list(migrate(settings))


def test_a_role_that_holds_itself_is_named(server: Database) -> None:
    holder = psycopg2.connect(server.url("analyst"), application_name="notebook")
    try:
        with holder.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off; COMMIT; BEGIN")
            cursor.execute("ALTER ROLE analyst SET search_path = public")

        with pytest.raises(DatabaseError, match=r"process \d+ of analyst \(notebook\)"):
            list(migrate(database_settings(admin_url(server)), lock_seconds=1))
    finally:
        holder.close()

    assert list(migrate(database_settings(admin_url(server)))) == []
