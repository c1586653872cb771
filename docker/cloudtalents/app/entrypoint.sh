#!/bin/sh
# Take the secrets that are given as files, wait for the database, run the command.
set -eu

for variable in SECRET_KEY SQL_PASSWORD; do
  eval "file=\${${variable}_FILE:-}"
  if [ -n "$file" ]; then
    value=$(cat "$file")
    export "$variable=$value"
  fi
done

if [ "${DATABASE:-}" = postgres ]; then
  python wait_for_port.py "$SQL_HOST" "$SQL_PORT"
fi

exec "$@"
