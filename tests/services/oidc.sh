#!/bin/bash
# OpenID provider: npm oidc-provider (certified) at http://127.0.0.1:$SVC_PORT, client bridge/bridgesecret, any login name.
# usage: SVC_DIR=folder SVC_PORT=port oidc.sh installed|install|start|stop
NAME=oidc; . "$(dirname "$0")/_lib.sh"
D=$(cd "$SVC_DIR" && pwd -P); URL=http://127.0.0.1:$SVC_PORT
MODULES=${SVC_NODE:-${XDG_CACHE_HOME:-$HOME/.cache}/issue-bridge-tests/oidc}; VERSION=9.13.3

installed() { command -v node >/dev/null && [ -d "$MODULES/node_modules/oidc-provider" ]; }
install() {
  installed && return 0
  command -v npm >/dev/null || apt_quiet nodejs npm
  mkdir -p "$MODULES"; (cd "$MODULES" && npm install --silent --no-audit --no-fund "oidc-provider@$VERSION")
}

start() {
  # A native client may come back to any port of the loopback (RFC 8252, 7.3): a test's service has no fixed one.
  cat >"$MODULES/op-$SVC_PORT.mjs" <<'X'
import { Provider } from 'oidc-provider';
const port = process.env.SVC_PORT, issuer = `http://127.0.0.1:${port}`;
const op = new Provider(issuer, {
  clients: [{ client_id: 'bridge', client_secret: 'bridgesecret', application_type: 'native', grant_types: ['authorization_code'], redirect_uris: ['http://127.0.0.1/signin/oidc/back'] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username', 'groups'] },
  findAccount: async (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, email: `${id}@example.test`, email_verified: true, name: id[0].toUpperCase() + id.slice(1), groups: [`bridge-${id}`] }) }),
  features: { devInteractions: { enabled: true } }, pkce: { required: () => true }, cookies: { keys: ['test-fixture-only'] }, conformIdTokenClaims: process.env.SVC_USERINFO === '1',
});
op.listen(port, '127.0.0.1');
X
  alive "$D/pid" || spawn "$D/pid" "$D/log" node "$MODULES/op-$SVC_PORT.mjs"
  wait_http "$URL/.well-known/openid-configuration" 30 "$D/log" "$D/pid"
}

stop() { stop_group "$D/pid"; rm -f "$MODULES/op-$SVC_PORT.mjs"; }

case "${1:?installed|install|start|stop}" in installed) installed ;; *) "$1" ;; esac
