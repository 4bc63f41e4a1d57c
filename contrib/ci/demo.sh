#!/usr/bin/env bash
# make demo: the main job on example data, printed for a person. The server stays up until make demo-stop.
case ${1:-} in
  start) "$(dirname "$0")/install-deps.sh" demo ;;
  stop) ;;
  *) echo "usage: $0 start [DATA_DIRECTORY] | stop" >&2; exit 2 ;;
esac
. "$(dirname "$0")/lib.sh"

if [ "$1" = stop ]; then
  choose_run_dir
  if [ -f "$run/demo/postmaster.pid" ]; then
    stop_cluster demo
    echo "The demo server has stopped; its files are in $run/demo."
  else
    echo "No demo server is running."
  fi
  exit 0
fi

if [ -n "${2:-}" ]; then
  [ -d "$2" ] || { echo "DATA=$2 is not a directory" >&2; exit 1; }
  PF_DATA=$(cd "$2" && pwd)
else
  PF_DATA=/nonexistent
fi

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
psql_demo() { as_user "$bindir/psql" -qX -v ON_ERROR_STOP=1 -P pager=off -d portfolio "$@"; }

step "Building and starting a server of its own ..."
build
stage_files
start_cluster demo "$top/contrib/examples/demo.conf"
as_user cp "$stage/contrib/examples/demo_hba.conf" "$run/demo/pg_hba.conf"
as_user "$bindir/pg_ctl" -D "$run/demo" reload >/dev/null
psql_args=(-h "$PGHOST" -p "$PGPORT" -d portfolio)
as_user "$bindir/psql" -qX -v ON_ERROR_STOP=1 -c 'CREATE DATABASE portfolio'
psql_demo -v data="$PF_DATA" -f "$stage/contrib/examples/demo.sql"

login="psql ${psql_args[*]} -U demo_analyst"
[ "$(id -u)" -ne 0 ] || login="$login      # as root, or as $os_user"
cat <<END

The server stays up. Connect as an analyst:

  $login

and try first:

  SELECT * FROM portfolio.help();
  SELECT portfolio.describe('service:EPS');
  SELECT * FROM portfolio.find('prescription');
  SELECT * FROM portfolio_bi.data_quality LIMIT 20;

Administrators connect with -U postgres and begin with SELECT * FROM portfolio.doctor();
Stop the server with: make demo-stop
END
