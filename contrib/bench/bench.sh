#!/usr/bin/env bash
# make bench: figures side by side in one run, on a server of its own. Nothing here is a test.
# BENCH="quality_typed scheduler" runs those files only; BENCH_EACH_RULE=1 times a query for each rule, not for every tenth.
"$(dirname "$0")/../ci/install-deps.sh" demo
. "$(dirname "$0")/../ci/lib.sh"

build
stage_files
conf=$run/bench.conf
{ cat test/pg_portfolio.conf
  printf "shared_buffers = '2GB'\nmax_wal_size = '4GB'\nautovacuum = off\nmaintenance_work_mem = '256MB'\n"; } >"$conf"
trap 'stop_cluster bench; stop_cluster bench_scheduler; stop_cluster bench_estate; kill ${delay_pid:-} 2>/dev/null || true
  rm -rf "$run/bench" "$run/bench_scheduler" "$run/bench_estate" "$run/bench_estate_files"' EXIT
if [[ " ${BENCH:-scheduler graph} " == *" scheduler "* || " ${BENCH:-} " == *" graph "* ]]; then
  contrib/ci/install-deps.sh bench || echo "pg_cron and pgRouting are left out: they could not be installed"
  build # they belong to the copy of PostgreSQL
fi
if [[ " ${BENCH:-scheduler} " == *" scheduler "* ]]; then
  printf '\n== scheduler\n'
  . contrib/bench/scheduler.sh
  bench_scheduler
fi

if [[ " ${BENCH:-estate} " == *" estate "* ]]; then
  printf '\n== estate\n'
  . contrib/bench/estate.sh
  bench_estate
fi

start_cluster bench "$conf"
cc -O2 -fPIC -shared -I"$("$PG_CONFIG" --includedir-server)" -o "$stage/empty_trigger.so" contrib/bench/empty_trigger.c

# DuckDB comes from npm for this run alone.
duckdb() {
  local folder=$run/duckdb
  if ! command -v npm >/dev/null; then echo "DuckDB is left out: there is no npm here"; return; fi
  mkdir -p "$folder"
  if ! npm install --silent --no-fund --no-audit --prefix "$folder" @duckdb/node-api >"$run/duckdb.log" 2>&1; then
    echo "DuckDB is left out: npm could not install @duckdb/node-api ($run/duckdb.log)"; return
  fi
  (cd "$folder" && node "$top/contrib/bench/quality_duckdb.mjs" "$1")
}

for file in "$stage"/contrib/bench/*.sql; do
  name=$(basename "$file" .sql)
  case " ${BENCH:-$name} " in *" $name "*) ;; *) continue ;; esac
  printf '\n== %s\n' "$name"
  if grep -q ':data' "$file" && [ -z "$PF_DATA" ]; then
    echo "left out: it needs the real files, beside the checkout in ../shared/data or in PF_DATA=folder"
    continue
  fi
  csv=$run/bench_$name.csv
  rm -f "$csv"*
  if [ "$(id -u)" -eq 0 ]; then install -o "$os_user" /dev/null "$csv"; fi
  as_user "$bindir/psql" -qX -v data="$PF_DATA" -v csv="$csv" -v empty_trigger="$stage/empty_trigger.so" ${BENCH_ROWS:+-v rows=$BENCH_ROWS} ${BENCH_EACH_RULE:+-v each_rule=1} -f "$file"
  [ ! -s "$csv" ] || duckdb "$csv"
  rm -f "$csv"*
done
