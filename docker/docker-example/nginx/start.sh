#!/bin/sh
# Start nginx with a variable for each upstream given as name:port, such as $app1 for app1:5000.
#
# A plain name in nginx's configuration is looked up once, at the start, and must exist then; but a released container has a
# new address. A variable is looked up as long as nginx runs. nginx's resolver reads no /etc/hosts, where links and ECS Service
# Connect put their names: these are written as addresses.
set -eu

resolver=$(awk '$1 == "nameserver" { print (index($2, ":") ? "[" $2 "]" : $2) }' /etc/resolv.conf | tr '\n' ' ')
{
  echo "resolver ${resolver:-127.0.0.11} valid=2s ipv6=off;"
  for upstream in "$@"; do
    name=${upstream%:*}
    address=$(awk -v name="$name" '!/^#/ { for (i = 2; i <= NF; i++) if ($i == name) { print $1; exit } }' /etc/hosts)
    echo "map '' \$$name { default '${address:-$name}:${upstream##*:}'; }"
  done
} > /tmp/upstreams.conf

exec nginx -g "daemon off;"
