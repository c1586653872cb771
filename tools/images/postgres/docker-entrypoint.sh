#!/usr/bin/env bash
# Makes a database cluster at the first start, as the official image's entrypoint does, then becomes the server.
set -Eeuo pipefail

# variable <name> [<default>]: from the environment, or from the file that <name>_FILE names
variable() {
  local name=$1 file=${1}_FILE
  if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
    echo >&2 "error: both $name and $file are set (but are exclusive)"
    exit 1
  fi
  local value=${!name:-${2:-}}
  if [ -n "${!file:-}" ]; then value=$(< "${!file}"); fi
  export "$name"="$value"
  unset "$file"
}

# Whether the arguments ask for something that needs no cluster.
wants_help() {
  local word
  for word; do
    case $word in -'?' | --help | --describe-config | -V | --version) return 0 ;; esac
  done
  return 1
}

make_folders() {
  mkdir -p "$PGDATA"
  chmod 00700 "$PGDATA" || :
  mkdir -p /var/run/postgresql || :
  chmod 03775 /var/run/postgresql || :
  if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
    mkdir -p "$POSTGRES_INITDB_WALDIR"
    chmod 700 "$POSTGRES_INITDB_WALDIR"
    if [ "$(id -u)" = 0 ]; then find "$POSTGRES_INITDB_WALDIR" ! -user postgres -exec chown postgres '{}' +; fi
  fi
  if [ "$(id -u)" = 0 ]; then find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres '{}' +; fi
}

check_password() {
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
    cat >&2 <<'TEXT'
Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.
TEXT
    exit 1
  fi
  if [ "$POSTGRES_HOST_AUTH_METHOD" = trust ]; then
    echo >&2 'WARNING: POSTGRES_HOST_AUTH_METHOD is "trust": anyone who reaches the port may do anything, without a password.'
  fi
}

init_cluster() {
  # initdb wants a name for its user, which `--user 1234` has not got.
  local uid wrapper
  uid=$(id -u)
  if ! getent passwd "$uid" > /dev/null; then
    wrapper=$(find /usr/lib -name libnss_wrapper.so -print -quit)
    NSS_WRAPPER_PASSWD=$(mktemp)
    NSS_WRAPPER_GROUP=$(mktemp)
    export LD_PRELOAD=$wrapper NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
    echo "postgres:x:$uid:$(id -g):PostgreSQL:$PGDATA:/bin/false" > "$NSS_WRAPPER_PASSWD"
    echo "postgres:x:$(id -g):" > "$NSS_WRAPPER_GROUP"
  fi
  local arguments=()
  if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then arguments+=(--waldir "$POSTGRES_INITDB_WALDIR"); fi
  # Quoted arguments in the variable are one each, as in a shell.
  eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") '"${POSTGRES_INITDB_ARGS:-}"' "${arguments[@]}"'
  if [ -n "${wrapper:-}" ]; then
    rm -f "$NSS_WRAPPER_PASSWD" "$NSS_WRAPPER_GROUP"
    unset LD_PRELOAD NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
  fi
}

# Who may connect from elsewhere.
allow_hosts() {
  local method=$POSTGRES_HOST_AUTH_METHOD
  if [ -z "$method" ]; then method=$(postgres -C password_encryption "$@"); fi
  printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
}

run_psql() {
  PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password --no-psqlrc "$@"
}

# The functions and variables of this script are those of the scripts too.
run_init_file() {
  local file=$1
  echo
  case $file in
    *.sh)
      if [ -x "$file" ]; then
        echo "$0: running $file"
        "$file"
      else
        echo "$0: sourcing $file"
        # shellcheck source=/dev/null
        . "$file"
      fi
      ;;
    *.sql) echo "$0: running $file" && docker_process_sql -f "$file" ;;
    *.sql.gz) echo "$0: running $file" && gunzip -c "$file" | docker_process_sql ;;
    *.sql.xz) echo "$0: running $file" && xzcat "$file" | docker_process_sql ;;
    *.sql.zst) echo "$0: running $file" && zstd -dc "$file" | docker_process_sql ;;
    *) echo "$0: ignoring $file" ;;
  esac
}

# Under the name by which scripts know it.
docker_process_sql() {
  if [ -n "$POSTGRES_DB" ]; then set -- --dbname "$POSTGRES_DB" "$@"; fi
  run_psql "$@"
}

first_start() {
  local file
  ls /docker-entrypoint-initdb.d/ > /dev/null # an error now, not after the cluster is made
  init_cluster
  allow_hosts "${@:2}"
  # Only by its socket, so that nobody takes it for ready.
  PGPASSWORD=$POSTGRES_PASSWORD
  export PGPASSWORD
  local options=("${@:2}" -c listen_addresses='' -p "${PGPORT:-5432}")
  NOTIFY_SOCKET='' PGUSER=$POSTGRES_USER pg_ctl -D "$PGDATA" -o "$(printf '%q ' "${options[@]}")" -w start
  if [ -z "$(run_psql --dbname postgres --set db="$POSTGRES_DB" --tuples-only <<< "SELECT 1 FROM pg_database WHERE datname = :'db';")" ]; then
    run_psql --dbname postgres --set db="$POSTGRES_DB" <<< 'CREATE DATABASE :"db";'
  fi
  for file in /docker-entrypoint-initdb.d/*; do
    if [ -e "$file" ]; then run_init_file "$file"; fi
  done
  PGUSER=$POSTGRES_USER pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

main() {
  if [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi
  if [ "${1:-}" = postgres ] && ! wants_help "$@"; then
    make_folders
    if [ "$(id -u)" = 0 ]; then exec gosu postgres "${BASH_SOURCE[0]}" "$@"; fi
    variable POSTGRES_PASSWORD
    variable POSTGRES_USER postgres
    variable POSTGRES_DB "$POSTGRES_USER"
    variable POSTGRES_INITDB_ARGS
    : "${POSTGRES_HOST_AUTH_METHOD:=}"
    if [ -s "$PGDATA/PG_VERSION" ]; then
      printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
    else
      check_password
      first_start "$@"
    fi
  fi
  exec "$@"
}

# Sourced, it gives its functions only.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
