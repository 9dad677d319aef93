"""What a database tells of itself: the few tables of `pg_catalog` and `information_schema` that are asked."""

VIEWS = """
CREATE TEMP VIEW pg_tables AS SELECT 'public' AS schemaname, name AS tablename, pg_owner() AS tableowner
  FROM main.sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_';
CREATE TEMP VIEW "information_schema.tables" AS SELECT current_database() AS table_catalog,
  'public' AS table_schema, name AS table_name,
  CASE type WHEN 'view' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type
  FROM main.sqlite_master WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_';
CREATE TEMP VIEW "information_schema.columns" AS SELECT 'public' AS table_schema, m.name AS table_name,
  c.name AS column_name, c.cid + 1 AS ordinal_position,
  pg_type_name(c.type, 0) AS data_type, pg_type_name(c.type, 1) AS format_type,
  CASE WHEN c."notnull" OR c.pk THEN 'NO' ELSE 'YES' END AS is_nullable,
  CASE c.type WHEN 'INTEGER' THEN 'nextval(''' || m.name || '_' || c.name || '_seq''::regclass)'
  ELSE replace(c.dflt_value, 'pg_now ( )', 'now()') END AS column_default, c.pk AS key_position
  FROM main.sqlite_master m, pragma_table_info(m.name) c
  WHERE m.type IN ('table', 'view') AND substr(m.name, 1, 7) <> 'sqlite_';
CREATE TEMP VIEW pg_indexes AS SELECT 'public' AS schemaname, tbl_name AS tablename, name AS indexname
  FROM main.sqlite_master WHERE type = 'index' AND substr(name, 1, 7) <> 'sqlite_';
CREATE TEMP TABLE pg_database (datname TEXT);
CREATE TEMP TABLE pg_roles (rolname TEXT, rolsuper PG_BOOLEAN, rolcanlogin PG_BOOLEAN);
CREATE TEMP VIEW pg_user AS SELECT rolname AS usename, rolsuper AS usesuper FROM pg_roles;
"""
