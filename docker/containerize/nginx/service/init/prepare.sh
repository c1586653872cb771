#!/bin/bash
# prepare.sh KEYS [LOGS]: makes a self-signed key pair localhost.crt and localhost.key in the folder KEYS where there is none.
# As root it also gives the pair, and the folder LOGS, to OWNER (uid:gid).
set -euo pipefail
keys="$1" logs="${2:-}" owner="${OWNER:-1000:1000}"

present=0
for file in "$keys/localhost.crt" "$keys/localhost.key"; do
  [ ! -s "$file" ] || present=$((present + 1))
done
case $present in
  0)
    umask 077
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 825 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$keys/.key" -out "$keys/.crt" 2> /dev/null
    chmod 0644 "$keys/.crt"
    [ "$(id -u)" != 0 ] || chown "$owner" "$keys/.key" "$keys/.crt"
    mv "$keys/.key" "$keys/localhost.key"
    mv "$keys/.crt" "$keys/localhost.crt"
    echo "made a self-signed key pair"
    ;;
  1)
    echo "$keys: only one of localhost.crt and localhost.key is there. Add the other, or remove it to get a new pair." >&2
    exit 1
    ;;
esac

if [ -n "$logs" ] && [ "$(id -u)" = 0 ]; then
  chown "$owner" "$logs"
fi
