#!/bin/sh
# `docker run redis --option` and `docker run redis file.conf` mean the server, which does not run as root.
set -e

if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then set -- redis-server "$@"; fi

case $1 in
  redis-server | redis-sentinel)
    if [ "$(id -u)" = 0 ]; then
      if [ -z "${SKIP_FIX_PERMS:-}" ]; then find . ! -user redis -exec chown redis '{}' +; fi
      if [ -z "${SKIP_DROP_PRIVS:-}" ]; then exec setpriv --reuid redis --regid redis --clear-groups "$0" "$@"; fi
    fi
    ;;
esac

# What it writes is for no one else, unless a mask was asked for.
if [ "$(umask)" = 0022 ]; then umask 0077; fi
exec "$@"
