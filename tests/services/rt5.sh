#!/bin/bash
# Request Tracker 5 of Debian on SQLite and Starman, with REST2 at http://127.0.0.1:$SVC_PORT/REST/2.0
# usage: SVC_DIR=folder SVC_PORT=port [SVC_SMTP=host:port] rt5.sh installed|install|start|stop
NAME=rt5; . "$(dirname "$0")/_lib.sh"
D=$SVC_DIR; URL=http://127.0.0.1:$SVC_PORT
PACKAGES="request-tracker5 rt5-db-sqlite msmtp-mta starman w3m eatmydata curl"
export RT_SITE_CONFIG=$D/RT_SiteConfig.pm RT_SITE_CONFIG_DIR=$D/conf.d

install() {
  installed $PACKAGES && return 0
  apt_quiet debconf
  debconf-set-selections <<'X'
request-tracker5 request-tracker5/dbconfig-install boolean false
request-tracker5 request-tracker5/install-cronjobs boolean false
X
  # msmtp-mta stands in for an exim4 daemon; w3m avoids RT's slow HTML converter
  apt_quiet $PACKAGES
}

config() {
  mkdir -p "$D/conf.d" "$D/mason_data" "$D/session_data" "$D/mail"
  local mail="Set(\$MailCommand, 'mbox');"
  if [ -n "${SVC_SMTP:-}" ]; then
    mail="Set(\$MailCommand, 'sendmailpipe'); Set(\$SendmailPath, '/usr/bin/msmtp'); Set(\$SendmailArguments, '--file=$D/msmtprc -t');"
    printf 'account default\nhost %s\nport %s\nfrom rt@example.test\nauto_from off\ntls off\nauth off\n' \
      "${SVC_SMTP%:*}" "${SVC_SMTP##*:}" >"$D/msmtprc"
    chmod 600 "$D/msmtprc"
  fi
  # BcryptCost 12, the default, costs 0.4 s of CPU on every request, those with a token included.
  cat >"$RT_SITE_CONFIG" <<X
use utf8;
Set(\$rtname, 'example.test');  Set(\$Organization, 'example.test');
Set(\$WebDomain, '127.0.0.1');  Set(\$WebPort, $SVC_PORT);  Set(\$WebPath, '');
Set(\$WebBaseURL, '$URL');      Set(\$CanonicalizeRedirectURLs, 0);
Set(\$RestrictReferrer, 0);     Set(\$WebSecureCookies, 0);
Set(\$Timezone, 'UTC');         Set(\$BcryptCost, 4);
Set(\$DatabaseType, 'SQLite');  Set(\$DatabaseName, '$D/rt5.sqlite');
Set(\$CorrespondAddress, 'rt@example.test'); Set(\$CommentAddress, 'rt-comment@example.test');
Set(\$OwnerEmail, 'root@example.test');
$mail
Set(\$LogToSyslog, undef); Set(\$LogToSTDERR, 'warning'); Set(\$LogToFile, undef);
\$RT::MasonDataDir='$D/mason_data'; \$RT::MasonSessionDir='$D/session_data';
1;
X
}

init() {
  [ -s "$D/token" ] && return 0
  rm -f "$D/rt5.sqlite"*; printf rootpass >"$D/rootpw"
  $(fast) rt-setup-database-5 --action init --skip-create --root-password-file "$D/rootpw" >"$D/init.log" 2>&1 \
    || { tail "$D/init.log" >&2; return 1; }
  # WAL keeps parallel workers from 'database is locked'
  perl -MDBI -e 'DBI->connect("dbi:SQLite:dbname=$ARGV[0]","","",{RaiseError=>1})->do("PRAGMA journal_mode=WAL")' "$D/rt5.sqlite"
  $(fast) perl -I/usr/share/request-tracker5/lib "$(dirname "$0")/rt5_seed.pl" "$D/token.new" >"$D/seed.log" 2>&1 \
    || { tail "$D/seed.log" >&2; return 1; }
  mv "$D/token.new" "$D/token"
}

start() {
  config; init
  alive "$D/pid" || (cd "$D/mail" && spawn "$D/pid" "$D/rt.log" $(fast) /usr/share/request-tracker5/libexec/rt-server \
    --server Starman --host 127.0.0.1 --port "$SVC_PORT" --workers "${RT_WORKERS:-3}")
  wait_http "$URL/REST/2.0/rt" 60 "$D/rt.log" "$D/pid"
}

stop() { stop_group "$D/pid"; }

case "${1:?installed|install|start|stop}" in installed) installed $PACKAGES ;; *) "$1" ;; esac
