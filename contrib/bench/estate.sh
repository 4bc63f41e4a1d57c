# check_estate() beside one psql after the other, as scripts do it: the same checks on the same databases, first over a way on which
# a round trip takes BENCH_ROUND_TRIP milliseconds (30), as between two data centres, then without one. Sourced by bench.sh.
# All databases are on this one machine: the work that they do, which elsewhere they would do on their own, is in both figures.
# BENCH_TARGETS, 50 by default. The slow way takes about five minutes of waiting.
bench_estate() {
  local targets=${BENCH_TARGETS:-50} round_trip=${BENCH_ROUND_TRIP:-30} folder=$run/bench_estate_files way conf=$run/bench_estate.conf
  local estate_q=(as_user "$bindir/psql" -qXAt -v ON_ERROR_STOP=1 -d postgres -c)
  rm -rf "$folder"
  as_user mkdir -p "$folder" "$sockets/delay"
  { cat test/pg_portfolio.conf
    echo "max_connections = $((targets + 20))"; } >"$conf"
  PGSERVICEFILE=$folder/services PGPASSFILE=/dev/null start_cluster bench_estate "$conf"
  delay_pid=$(as_user perl "$stage/contrib/bench/delay.pl" "$sockets/delay/.s.PGSQL.$PGPORT" "$sockets/.s.PGSQL.$PGPORT" "$((round_trip / 2))")
  "${estate_q[@]}" "SET client_min_messages = warning; CREATE EXTENSION pg_portfolio CASCADE"
  for i in $(seq "$targets"); do
    "${estate_q[@]}" "CREATE DATABASE t$i"
    printf '[far-%s]\nhost=%s\nport=%s\ndbname=t%s\nuser=postgres\n[near-%s]\nhost=%s\nport=%s\ndbname=t%s\nuser=postgres\n' \
      "$i" "$sockets/delay" "$PGPORT" "$i" "$i" "$sockets" "$PGPORT" "$i"
  done | as_user tee "$folder/services" >/dev/null
  "${estate_q[@]}" "INSERT INTO portfolio.database_target (service) SELECT w || '-' || i FROM unnest('{far,near}'::text[]) w, generate_series(1, $targets) i"
  "${estate_q[@]}" "SELECT 'SET search_path = pg_catalog; SET default_transaction_read_only = on; SET jit = off;'
    UNION ALL SELECT format('SELECT count(*) FROM (%s) q;', query) FROM portfolio.remote_checks('security')
     WHERE problem IS NULL AND current_setting('server_version_num')::int / 10000 BETWEEN coalesce(min_version, 0) AND coalesce(max_version, 999)" |
    as_user tee "$folder/checks.sql" >/dev/null
  printf '%-28s %8s %8s %10s %12s %12s %8s\n' way targets checks findings one_by_one_s check_estate_s times
  for way in far near; do estate_way "$way"; done
  kill "$delay_pid"
  rm -rf "$sockets/delay"
  stop_cluster bench_estate
}

# Both on the targets of one way; equal counts before anything is compared
estate_way() {
  local way=$1 began theirs ours one_by_one list
  list="jsonb_build_object('targets', (SELECT jsonb_agg(service) FROM portfolio.database_target WHERE service LIKE '$way-%'))"
  began=$EPOCHREALTIME
  theirs=$(for i in $(seq "$targets"); do
    as_user env PGSERVICEFILE="$folder/services" "$bindir/psql" -qXAt "service=$way-$i" -f "$folder/checks.sql"
  done | awk '{ n += $1 } END { print n, NR }')
  one_by_one=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }')
  began=$EPOCHREALTIME
  ours=$("${estate_q[@]}" "SELECT sum(findings) || ' ' || sum(checks) || ' ' || sum(failed) FROM portfolio.check_estate('security', $list)")
  awk -v way="$way" -v round_trip="$round_trip" -v targets="$targets" -v theirs="$theirs" -v ours="$ours" -v one="$one_by_one" -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN {
    split(theirs, t); split(ours, o);
    if (t[1] != o[1] || t[2] != o[2] || o[3] != 0) { print "the findings or checks differ: " theirs " and " ours; exit 3 }
    printf "%-28s %8d %8d %10d %12.1f %12.1f %8.1f\n", way == "far" ? "round trip " round_trip " ms" : "same machine, no delay", targets, o[2], o[1], one, b - a, one / (b - a) }'
}
