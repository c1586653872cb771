#!/bin/bash
# Becomes nginx. Arguments are nginx's: `-t` checks the configuration.
#   LOG_RETENTION             true: keep old logs, by a new folder named with date and time (UTC). Default: false, begin anew
#   HTTPS_PORT                port outside, to which http:// redirects. Default: 443
#   TLS_CERTIFICATE, TLS_KEY  key pair in PEM. Default: /etc/nginx/ssl/localhost.crt and localhost.key
# Each may also be a Docker secret: NAME_FILE is then the file that holds it.
set -euo pipefail
. "$(dirname "$0")/secrets.sh"
secret LOG_RETENTION HTTPS_PORT TLS_CERTIFICATE TLS_KEY

fail() {
  echo "$1" >&2
  exit 1
}

umask 077
mkdir -p /tmp/nginx
cd /tmp/nginx

if [ -n "${TLS_KEY:-}" ]; then
  printf '%s\n' "${TLS_CERTIFICATE:?goes with TLS_KEY}" > app.crt
  printf '%s\n' "$TLS_KEY" > app.key
  unset TLS_KEY
else
  for kind in crt key; do
    file="/etc/nginx/ssl/localhost.$kind"
    [ -f "$file" ] && [ -r "$file" ] ||
      fail "$file: not there, or not readable for user $(id -u). Mount the key pair readable for this user, or set TLS_CERTIFICATE and TLS_KEY."
    ln -sf "$file" "app.$kind"
  done
fi

case "${HTTPS_PORT:-443}" in
  443) colon_port="" ;;
  *[!0-9]*) fail "HTTPS_PORT: $HTTPS_PORT is not a port. Give a number." ;;
  *) colon_port=":$HTTPS_PORT" ;;
esac

# Docker's own name server tells when the app has moved to another address. Where the name is in /etc/hosts, as links and ECS
# Service Connect have it, it is not known there, and nginx looks into that file just once, when it starts.
if grep -q '^nameserver 127\.0\.0\.11$' /etc/resolv.conf && ! grep -qw app /etc/hosts; then
  upstream="app:8000"
  echo "resolver 127.0.0.11 valid=2s ipv6=off;"
else
  upstream="app"
  echo "upstream app { server app:8000 fail_timeout=0; }"
fi > variables.conf
cat >> variables.conf << END
map \$server_port \$upstream_app { default "$upstream"; }
map \$server_port \$https_port { default "$colon_port"; }
END

# New logs are readable for the owner's group too.
umask 027
logs=/var/log/nginx
if [ ! -w "$logs" ]; then
  echo "$logs: not writable for user $(id -u), so there are no log files, only this output" >&2
  logs=/tmp/nginx/log
  mkdir -p "$logs"
fi
case "${LOG_RETENTION:-false}" in
  true)
    logs="$logs/$(date -u +%Y-%m-%dT%H-%M-%SZ)"
    mkdir -p "$logs"
    ;;
  false) rm -f "$logs/access.log" "$logs/error.log" ;;
  *) fail "LOG_RETENTION: $LOG_RETENTION is neither true nor false. Set one of them." ;;
esac

exec nginx -p "$logs" -c /etc/nginx/nginx.conf -e error.log "$@"
