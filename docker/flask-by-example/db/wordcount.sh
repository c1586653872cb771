# Sourced by the database's first start: the role and the database of the app. psql reads the password itself, so that it stands
# in no argument list.
psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set password `cat /run/secrets/dbpass`
CREATE ROLE wordcount_dbadmin LOGIN PASSWORD :'password';
CREATE DATABASE wordcount OWNER wordcount_dbadmin;
SQL
