#!/bin/sh
# Take the secrets that are given as files, wait for what the command needs, run it.
set -eu

for variable in DATABASE_URL DBPASS REDISTOGO_URL; do
  eval "file=\${${variable}_FILE:-}"
  if [ -n "$file" ]; then
    value=$(cat "$file")
    export "$variable=$value"
  fi
done

python wait_for.py "${DATABASE_URL:-}" "${REDISTOGO_URL:-}"
exec "$@"
