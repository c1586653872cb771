#!/bin/bash
# Becomes gunicorn, by TLS on port 8000.
#   GUNICORN_ARGUMENTS        more arguments for gunicorn
#   SECRET_KEY                Flask's key for sessions
#   TLS_CERTIFICATE, TLS_KEY  key pair in PEM; without one, a pair is made for this start
# Each may also be a Docker secret: NAME_FILE is then the file that holds it.
set -euo pipefail
. "$(dirname "$0")/secrets.sh"
secret GUNICORN_ARGUMENTS SECRET_KEY TLS_CERTIFICATE TLS_KEY

export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Made by the image of several stages.
[ ! -d /service/bytecode ] || export PYTHONPYCACHEPREFIX=/service/bytecode
[ -z "${SECRET_KEY:-}" ] || export FLASK_SECRET_KEY="$SECRET_KEY"

pair=$(mktemp -d)
if [ -n "${TLS_KEY:-}" ]; then
  printf '%s\n' "${TLS_CERTIFICATE:?goes with TLS_KEY}" > "$pair/crt"
  (umask 077 && printf '%s\n' "$TLS_KEY" > "$pair/key")
else
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 3650 -subj /CN=app \
    -addext subjectAltName=DNS:app,DNS:localhost -keyout "$pair/key" -out "$pair/crt" 2> /dev/null
fi
unset TLS_KEY SECRET_KEY

# Unquoted: several arguments in one variable.
# shellcheck disable=SC2086
exec /service/venv/bin/gunicorn --chdir /service/src --bind 0.0.0.0:8000 --certfile "$pair/crt" --keyfile "$pair/key" \
  --worker-class gthread --threads 4 --worker-tmp-dir /dev/shm --no-control-socket ${GUNICORN_ARGUMENTS:-} app:app
