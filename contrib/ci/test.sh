#!/usr/bin/env bash
# Every test layer, one closing line.
#   contrib/ci/test.sh                                     all layers
#   LAYERS="regress tap" TESTS="types_nhs_number" ...      some layers, some tests of them
#   PF_PROGRESS=1 ...                                      what TAP tests tell is shown while they run, one after the other
# A layer is a folder: contrib/ci/guards/*.sh, test/sql, test/pgtap, test/specs, test/t.
"$(dirname "$0")/install-deps.sh" test
. "$(dirname "$0")/lib.sh"

layers=${LAYERS:-style regress pgtap isolation tap}
only=${TESTS:-}
passed=0 failed=0 skipped=0
say() { printf '\n== %s\n' "$*"; }

# selected FILE...: those that TESTS names, or all; without folder and ending when printed
selected() {
  local f name
  for f in "$@"; do
    [ -e "$f" ] || continue
    name=$(basename "$f"); name=${name%.*}
    if [ -z "$only" ] || [[ " $only " == *" $name "* ]]; then echo "$name"; fi
  done
}

# count_tap FILE: adds the TAP lines of a log to the totals
count_tap() {
  local ok not_ok skip
  not_ok=$(grep -cE '^ *not ok [0-9]+' "$1" || true)
  skip=$(grep -cE '^ *ok [0-9]+.*# (skip|SKIP)|^1\.\.0 # (skip|SKIP)|\.\. skipped' "$1" || true)
  ok=$(grep -cE '^ *ok [0-9]+' "$1" || true)
  passed=$((passed + ok - $(grep -cE '^ *ok [0-9]+.*# (skip|SKIP)' "$1" || true)))
  failed=$((failed + not_ok))
  skipped=$((skipped + skip))
}

layer_style() {
  local guard
  for guard in $(selected contrib/ci/guards/*.sh); do
    if out=$(bash "contrib/ci/guards/$guard.sh" 2>&1); then
      passed=$((passed + 1)); echo "ok      $guard"
    else
      failed=$((failed + 1)); echo "FAILED  $guard"; printf '%s\n' "$out" | sed 's/^/        /'
    fi
  done
}

# One PostgreSQL regression driver: layer name, program, folder, ending, extra options
run_regress() {
  local layer=$1 program=$2 folder=$3 out="$run/out_$1"
  shift 3
  local names
  mapfile -t names < <(selected "test/$folder"/*)
  [ ${#names[@]} -gt 0 ] || return 0
  rm -rf "$out"; as_user mkdir -p "$out"
  start_cluster "$layer"
  (cd "$stage" && as_user "$program" --inputdir="$stage/test" --outputdir="$out" --bindir="$bindir" \
    --host="$PGHOST" --port="$PGPORT" --user=postgres --dbname=contrib_regression "$@" "${names[@]}") >"$run/$layer.out" 2>&1 || true
  stop_cluster "$layer"
  grep -E '^ *(test|not ok|ok)' "$run/$layer.out" || cat "$run/$layer.out"
  local good bad
  good=$(grep -cE '\.\.\. +ok|^ok [0-9]+' "$run/$layer.out" || true)
  bad=$((${#names[@]} - good))
  passed=$((passed + good)); failed=$((failed + bad))
  if [ "$bad" -gt 0 ]; then cat "$out"/regression.diffs 2>/dev/null || tail -n 40 "$run/$layer.out"; fi
}

layer_regress() { run_regress regress "$prefix/usr/lib/postgresql/$pf_major/lib/pgxs/src/test/regress/pg_regress" sql; }
layer_isolation() { run_regress isolation "$prefix/usr/lib/postgresql/$pf_major/lib/pgxs/src/test/isolation/pg_isolation_regress" specs; }

layer_pgtap() {
  local names name log
  mapfile -t names < <(selected test/pgtap/*.sql)
  [ ${#names[@]} -gt 0 ] || return 0
  start_cluster pgtap
  as_user "$bindir/psql" -qX -c "CREATE DATABASE pgtap" >/dev/null
  as_user "$bindir/psql" -qX -d pgtap -c "SET client_min_messages = warning" -c "CREATE EXTENSION pgtap" \
    -c "CREATE EXTENSION pg_portfolio CASCADE" >/dev/null
  for name in "${names[@]}"; do
    log=$run/pgtap_$name.log
    as_user "$bindir/psql" -qX -c "CREATE DATABASE pgtap_$name TEMPLATE pgtap" >/dev/null
    run_pgtap "$name" "$log"
    report_tap "$name" "$log"
    # Types must work in a session that follows use_types() and in one that does not.
    if [[ $name == types_* ]]; then
      log=$run/pgtap_${name}_path.log
      PGOPTIONS='-c search_path="$user",public,portfolio' run_pgtap "$name" "$log"
      report_tap "$name, portfolio on the search_path" "$log"
    fi
  done
  stop_cluster pgtap
}

run_pgtap() {
  (cd "$stage/test" && as_user "$bindir/psql" -qXAt -v ON_ERROR_STOP=1 -P pager=off -d "pgtap_$1" -f "pgtap/$1.sql") >"$2" 2>&1 ||
    echo "not ok 999999 - $1 stopped with an error" >>"$2"
}

# report_tap NAME LOG: one line a file, and the lines that matter when something failed
report_tap() {
  local plan seen
  plan=$(grep -oE '^1\.\.[0-9]+' "$2" | tail -n 1 | cut -d. -f3 || true)
  seen=$(grep -cE '^(not )?ok [0-9]{1,5} ' "$2" || true)
  if [ "${plan:-none}" != "$seen" ] && ! grep -q '^1\.\.0' "$2"; then
    echo "not ok 999998 - $1 planned ${plan:-nothing} and ran $seen" >>"$2"
  fi
  count_tap "$2"
  if grep -qE '^ *not ok' "$2"; then
    echo "FAILED  $1"; grep -vE '^ *ok ' "$2" | head -n 200
  else
    echo "ok      $1 ($seen)"
  fi
}

# Two at a time: they wait for servers more than they compute.
layer_tap() {
  local names name
  mapfile -t names < <(selected test/t/*.pl)
  [ ${#names[@]} -gt 0 ] || return 0
  for name in "${names[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n || true; done
    rm -f "$run/tap_$name.log"
    run_tap "$name" &
    [ -z "${PF_PROGRESS:-}" ] || tail -qF --pid=$! "$run/tap_$name.log" 2>/dev/null | grep --line-buffered '^#' || true
  done
  wait
  for name in "${names[@]}"; do report_tap "$name" "$run/tap_$name.log"; done
}

run_tap() {
  local pgxs=$prefix/usr/lib/postgresql/$pf_major/lib/pgxs
  rm -rf "$run/tap/$1"; as_user mkdir -p "$run/tap/$1"
  (cd "$stage" && as_user env -u PGHOST -u PGPORT -u PGUSER -u PGDATABASE PATH="$bindir:$PATH" TESTDIR="$run/tap/$1" \
    TMPDIR="$sockets" PG_REGRESS="$pgxs/src/test/regress/pg_regress" PF_STAGE="$stage" PF_DATA="${PF_DATA:-}" \
    perl -I "$pgxs/src/test/perl" -I "$stage/test/perl" "$stage/test/t/$1.pl") >"$run/tap_$1.log" 2>&1 ||
    { code=$?; grep -q '^not ok' "$run/tap_$1.log" || echo "not ok 999997 - $1 ended with exit status $code" >>"$run/tap_$1.log"; }
}

build
stage_files
for layer in $layers; do
  say "$layer"
  "layer_$layer"
done
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
