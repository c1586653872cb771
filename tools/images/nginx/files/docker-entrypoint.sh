#!/bin/sh
# Before nginx starts: runs (*.sh) or sources (*.envsh) what is executable in /docker-entrypoint.d, in order of name.
set -e

say() {
  if [ -z "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ]; then echo "$@"; fi
}

if [ "$1" = nginx ] || [ "$1" = nginx-debug ]; then
  for file in /docker-entrypoint.d/*; do
    case $file in
      *.envsh) how=. ;;
      *.sh) how= ;;
      *)
        say "$0: Ignoring $file"
        continue
        ;;
    esac
    if [ ! -x "$file" ]; then
      say "$0: Ignoring $file, not executable"
      continue
    fi
    say "$0: Launching $file"
    $how "$file"
  done
  say "$0: Configuration complete; ready for start up"
fi

exec "$@"
