# Sourced by every recipe. SVC_DIR is the state folder of the one server; every listener is on 127.0.0.1.
set -euo pipefail
: "${SVC_DIR:?the state folder of this server}" "${SVC_PORT:?its port}"
mkdir -p "$SVC_DIR"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=${HOME:-/root}

log() { printf '[%s] %s\n' "${NAME:-service}" "$*" >&2; }

installed() { dpkg-query -W -f='${Status}\n' "$@" 2>/dev/null | grep -c '^install ok installed$' | grep -qx "$#"; }

# Without recommends, and without letting maintainer scripts start daemons; one at a time on this machine. A package
# that an earlier run left half configured is mended first. Variables of a recipe must not reach the maintainer
# scripts: Redmine's fails with a BUNDLE_GEMFILE that is not its own.
apt_quiet() {
  installed "$@" && return 0
  (flock 9; apt_alone "$@" >"$SVC_DIR/apt.log" 2>&1) 9>"${TMPDIR:-/var/lock}/issue-bridge-apt.lock" \
    || { tail -20 "$SVC_DIR/apt.log" >&2; return 1; }
}
apt_alone() {
  installed "$@" && return 0
  local policy=${SVC_POLICY:-/usr/sbin/policy-rc.d} made=0 status=0
  local clean=(env -u BUNDLE_GEMFILE -u REDMINE_INSTANCE -u RAILS_ENV -u RUBYOPT -u SCHEMA -u RT_SITE_CONFIG -u RT_SITE_CONFIG_DIR)
  [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made=1; }
  "${clean[@]}" dpkg --configure -a || true
  "${clean[@]}" apt-get update -qq || true
  "${clean[@]}" apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=900 "$@" || status=$?
  [ $made = 0 ] || rm -f $policy
  return $status
}

alive() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

wait_http() {  # URL SECONDS LOGFILE PIDFILE: gives up as soon as the process is gone
  local end=$(($(date +%s) + $2))
  while [ "$(date +%s)" -lt $end ]; do
    curl -s -o /dev/null --max-time 5 "$1" && return 0
    alive "$4" || { log "the process ended"; tail -30 "$3" >&2; return 1; }
    sleep 0.1
  done
  log "not ready after $2 s: $1"; tail -30 "$3" >&2; return 1
}

fast() { command -v eatmydata || true; }  # fsync off: a test fixture needs no durability

spawn() {  # PIDFILE LOGFILE COMMAND...: in a session of its own, so that stop can end the whole group
  local pidfile=$1 logfile=$2 i; shift 2
  setsid --fork bash -c 'echo $$ >"$0"; exec "$@"' "$pidfile" "$@" >>"$logfile" 2>&1 </dev/null
  for i in $(seq 1 50); do [ -s "$pidfile" ] && return 0; sleep 0.1; done
  log "did not start: $*"; return 1
}

stop_group() {  # PIDFILE: TERM to the group that spawn made, KILL after 10 s
  [ -s "$1" ] || return 0
  local pid i; pid=$(cat "$1")
  kill -TERM -- "-$pid" 2>/dev/null || true
  for i in $(seq 1 100); do kill -0 -- "-$pid" 2>/dev/null || break; sleep 0.1; done
  kill -KILL -- "-$pid" 2>/dev/null || true
  rm -f "$1"
}
