#!/bin/sh
# Renders templates: variables that are in the environment are replaced, nginx's own stay.
set -e

templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
stream_suffix=${NGINX_ENVSUBST_STREAM_TEMPLATE_SUFFIX:-.stream-template}
stream_output=${NGINX_ENVSUBST_STREAM_OUTPUT_DIR:-/etc/nginx/stream-conf.d}
filter=${NGINX_ENVSUBST_FILTER:-}

say() {
  if [ -z "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ]; then echo "$0: $*"; fi
}

# render <folder> <suffix>
render() {
  find "$templates" -follow -type f -name "*$2" | while read -r template; do
    relative=${template#"$templates/"}
    target=$1/${relative%"$2"}
    mkdir -p "$(dirname "$target")"
    say "Running envsubst on $template to $target"
    envsubst "$variables" < "$template" > "$target"
  done
}

if [ ! -d "$templates" ]; then exit 0; fi
if [ ! -w "$output" ]; then
  say "ERROR: $templates exists, but $output is not writable"
  exit 0
fi
# shellcheck disable=SC2016
variables=$(awk -v filter="$filter" 'BEGIN { for (name in ENVIRON) if (name ~ filter) printf "${%s} ", name }')
render "$output" "$suffix"

if [ -n "$(find "$templates" -follow -type f -name "*$stream_suffix" -print -quit)" ]; then
  mkdir -p "$stream_output"
  if [ ! -w "$stream_output" ]; then
    say "ERROR: $templates exists, but $stream_output is not writable"
    exit 0
  fi
  if ! grep -q '^[[:space:]]*stream[[:space:]]*{' /etc/nginx/nginx.conf; then
    printf '\nstream {\n    include %s/*.conf;\n}\n' "$stream_output" >> /etc/nginx/nginx.conf
  fi
  render "$stream_output" "$stream_suffix"
fi
