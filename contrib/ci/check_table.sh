#!/usr/bin/env bash
# Writes docs/security_checks.md from the checks that the extension ships.
"$(dirname "$0")/install-deps.sh" demo
. "$(dirname "$0")/lib.sh"
build
start_cluster check_table
trap 'stop_cluster check_table' EXIT
export PGCLIENTENCODING=UTF8
as_user "$bindir/psql" -qX -c "SET client_min_messages = warning" -c "CREATE EXTENSION pg_portfolio CASCADE"
as_user "$bindir/psql" -XAtq -v ON_ERROR_STOP=1 -f - <contrib/ci/check_table.sql >docs/security_checks.md.new
mv docs/security_checks.md.new docs/security_checks.md
