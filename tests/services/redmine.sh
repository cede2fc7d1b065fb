#!/bin/bash
# Redmine 5 of Debian on SQLite and puma at http://127.0.0.1:$SVC_PORT
# usage: SVC_DIR=folder SVC_PORT=port [SVC_SMTP=host:port] redmine.sh installed|install|start|stop
NAME=redmine; . "$(dirname "$0")/_lib.sh"
D=$(cd "$SVC_DIR" && pwd -P); URL=http://127.0.0.1:$SVC_PORT; HERE=$(cd "$(dirname "$0")" && pwd)
PACKAGES="redmine redmine-sqlite puma eatmydata curl"

install() {
  installed $PACKAGES && return 0
  apt_quiet debconf
  debconf-set-selections <<<'redmine redmine/instances/default/dbconfig-install boolean false'
  apt_quiet $PACKAGES
}

# Debian's Redmine looks for its data in instances/$REDMINE_INSTANCE; climbing out of that folder keeps all state
# in ours and needs no rights below /var. Set only here: maintainer scripts fail with these variables.
rails() {
  cd /usr/share/redmine && exec env REDMINE_INSTANCE="../../../../..$D" RAILS_ENV=production BUNDLE_GEMFILE="$D/Gemfile" \
    REDMINE_LANG=en RUBYOPT=-W0 SCHEMA=/dev/null $(fast) bundle exec "$@"
}

config() {
  mkdir -p "$D/config" "$D/files" "$D/log" "$D/tmp/cache" "$D/public/plugin_assets"
  printf "eval_gemfile '/usr/share/redmine/Gemfile'\ngem 'puma'\n" >"$D/Gemfile"   # Debian's own leaves puma out
  printf 'production:\n  adapter: sqlite3\n  database: %s\n  timeout: 20000\n  pool: 10\n' "$D/redmine.sqlite3" >"$D/config/database.yml"
  [ -s "$D/config/secret_key.txt" ] || head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$D/config/secret_key.txt"
  [ -z "${SVC_SMTP:-}" ] || cat >"$D/config/configuration.yml" <<X
default:
  email_delivery:
    delivery_method: :smtp
    smtp_settings:
      address: "${SVC_SMTP%:*}"
      port: ${SVC_SMTP##*:}
      enable_starttls_auto: false
X
}

init() {
  [ -s "$D/keys" ] && return 0
  rm -f "$D/redmine.sqlite3"*
  (rails rake db:migrate) >"$D/init.log" 2>&1 || { tail -20 "$D/init.log" >&2; return 1; }
  # A run of its own: the migrating one does not yet know the columns that it added.
  (export RM_HOST="127.0.0.1:$SVC_PORT" RM_KEYS="$D/keys.new"; rails rails runner "$HERE/redmine_seed.rb") >"$D/seed.log" 2>&1 \
    || { tail -20 "$D/seed.log" >&2; return 1; }
  mv "$D/keys.new" "$D/keys"
}

start() {
  config; init
  # One thread: SQLite answers a second writer with 500 after its time-out.
  alive "$D/pid" || spawn "$D/pid" "$D/puma.log" "$0" puma
  wait_http "$URL/login" 90 "$D/puma.log" "$D/pid"
}

puma() { rails puma -e production -b "tcp://127.0.0.1:$SVC_PORT" -t 1:1 -w 0 config.ru; }
stop() { stop_group "$D/pid"; }

case "${1:?installed|install|start|stop}" in installed) installed $PACKAGES ;; *) "$1" ;; esac
