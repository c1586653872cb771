#!/bin/sh
# On demand: as many worker processes as the container has CPUs by its limits; `auto` counts those of the machine.
set -e

conf=/etc/nginx/nginx.conf
if [ -z "${NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE:-}" ]; then exit 0; fi
if [ ! -w "$conf" ]; then
  echo "$0: error: $conf is not writable"
  exit 0
fi

# quota <microseconds> <period>: whole CPUs, rounded up; nothing where there is no limit
quota() {
  case $1 in max | -*) return ;; esac
  echo $((($1 + $2 - 1) / $2))
}

cpus=$(nproc) # respects the set of CPUs that it may use
limit=
if [ -f /sys/fs/cgroup/cpu.max ]; then
  read -r quota period < /sys/fs/cgroup/cpu.max
  limit=$(quota "$quota" "$period")
elif [ -f /sys/fs/cgroup/cpu/cpu.cfs_quota_us ]; then
  limit=$(quota "$(cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us)" "$(cat /sys/fs/cgroup/cpu/cpu.cfs_period_us)")
fi
if [ -n "$limit" ] && [ "$limit" -lt "$cpus" ]; then cpus=$limit; fi
changed=$(sed -E "s/^[[:space:]]*worker_processes[[:space:]].*/worker_processes  $cpus;/" "$conf")
printf '%s\n' "$changed" > "$conf"
