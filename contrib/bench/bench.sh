#!/usr/bin/env bash
# make bench: figures side by side in one run, on a server of its own. Nothing here is a test.
# BENCH=quality_track runs one file alone.
"$(dirname "$0")/../ci/install-deps.sh" demo
. "$(dirname "$0")/../ci/lib.sh"

build
stage_files
if [ -z "$PF_DATA" ]; then
  echo "make bench needs the real files: put them beside the checkout in ../shared/data, or say PF_DATA=folder" >&2
  exit 1
fi
conf=$run/bench.conf
{ cat test/pg_portfolio.conf
  printf "shared_buffers = '1GB'\nmax_wal_size = '4GB'\nautovacuum = off\nmaintenance_work_mem = '256MB'\n"; } >"$conf"
trap 'stop_cluster bench; rm -rf "$run/bench"' EXIT
start_cluster bench "$conf"
cc -O2 -fPIC -shared -I"$("$PG_CONFIG" --includedir-server)" -o "$stage/empty_trigger.so" contrib/bench/empty_trigger.c
for file in "$stage"/contrib/bench/${BENCH:-*}.sql; do
  printf '\n== %s\n' "$(basename "$file" .sql)"
  as_user "$bindir/psql" -qX -v data="$PF_DATA" -v empty_trigger="$stage/empty_trigger.so" -f "$file"
done
