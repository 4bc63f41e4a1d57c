# The scheduler beside pg_cron, on one server with the same settings, first with synchronous_commit on, then off.
# Sourced by bench.sh; takes about six minutes, some of it waiting for the full minute, which is all that pg_cron 1.4 knows.
# Counts are checked before anything is compared. BENCH_ROWS, 1,000 by default, is what falls due at one instant.
scheduler_jobs=${BENCH_ROWS:-1000}

# q DATABASE SQL: as the superuser; o SQL: as the operator that owns the jobs
q() { as_user "$bindir/psql" -qXAt -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }
o() { as_user "$bindir/psql" -qXAt -v ON_ERROR_STOP=1 -d bench -U bench -c "$1"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf (b > 0 ? "%.1f" : "-"), a / (b > 0 ? b : 1) }'; }
row() { printf '%-44s %14s %14s %10s\n' "$@"; }

# until_true DATABASE SQL SECONDS: polls until the query says t; false when time is over
until_true() {
  local deadline=$((SECONDS + $3))
  until [ "$(q "$1" "$2")" = t ]; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.2
  done
}

remove_jobs() {
  o "SELECT count(*) FROM portfolio.pause_all()" >/dev/null
  until_true bench "SELECT NOT EXISTS (SELECT FROM portfolio.worker_status() WHERE state <> 'idle')" 60
  q bench "DELETE FROM portfolio.job; TRUNCATE portfolio.job_run, portfolio.job_slot_range, portfolio.job_alert"
}

set_and_reload() {
  q postgres "ALTER SYSTEM SET $1"
  q postgres "SELECT pg_reload_conf()" >/dev/null
}

schedule_many() { # NUMBER SCHEDULE, an SQL expression of n
  o "SELECT count(*) FROM (SELECT portfolio.schedule_job('noop ' || n, $2, 'SELECT 1') FROM generate_series(1, $1) n) x" >/dev/null
}

# Many jobs at one instant. Sets ours_last (ms until the last has started) and ours_rate.
at_one_instant() {
  while [ $((10#$(date +%S) % 10)) -gt 5 ]; do sleep 1; done # scheduled in time
  schedule_many "$scheduler_jobs" "'*/10 * * * * *'"
  until_true bench "SELECT count(*) >= $scheduler_jobs FROM portfolio.job_run" 60
  read -r ours_count ours_last ours_rate < <(q bench "SELECT count(*) FILTER (WHERE outcome = 'succeeded') || ' ' || round(extract(epoch FROM max(started_at) - min(due_at)) * 1000) || ' ' ||
    round(count(*) / extract(epoch FROM max(finished_at) - min(started_at))) FROM portfolio.job_run WHERE due_at = (SELECT min(due_at) FROM portfolio.job_run)")
  remove_jobs
}

# The same in pg_cron, at the next full minute. Sets cron_count, cron_last and cron_rate.
at_one_instant_cron() {
  cron_count='' cron_last='' cron_rate=''
  $with_cron || return 0
  q postgres "TRUNCATE cron.job_run_details"
  while [ "$((10#$(date +%S)))" -gt 55 ]; do sleep 1; done # scheduled in time for the minute
  q postgres "SELECT count(cron.schedule('noop ' || n, '* * * * *', 'SELECT 1')) FROM generate_series(1, $scheduler_jobs) n" >/dev/null
  until_true postgres "SELECT count(*) >= $scheduler_jobs FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')" 90 || true
  q postgres "SELECT count(cron.unschedule(jobid)) FROM cron.job" >/dev/null
  read -r cron_count cron_last cron_rate < <(q postgres "SELECT count(*) FILTER (WHERE status = 'succeeded') || ' ' ||
    round(extract(epoch FROM max(start_time) - date_trunc('minute', min(start_time))) * 1000) || ' ' ||
    round(count(*) / extract(epoch FROM max(end_time) - min(start_time))) FROM cron.job_run_details")
}

# Runs a second with history, no slot without a run: each job begins anew a tenth of a second after its end. Sets rate.
sustained() {
  local before after
  schedule_many 2000 "'every 100 milliseconds after each run'"
  sleep 3
  before=$(q bench "SELECT count(*) FROM portfolio.job_run")
  sleep 6
  after=$(q bench "SELECT count(*) FROM portfolio.job_run")
  rate=$(((after - before) / 6))
  remove_jobs
}

# 172 jobs, each with an interval of its own, from 100 to 271 ms: a thousand a second, at hardly ever the same instant
lateness() {
  schedule_many 172 "'every ' || n + 99 || ' milliseconds'"
  sleep 12
  row "lateness at 1,000 runs a second" "$(q bench "SELECT round(count(*) / extract(epoch FROM max(due_at) - min(due_at))) || '/s' FROM portfolio.job_run")" "" ""
  q bench "SELECT format('%-44s %14s', '  p50, ms', round(1000 * percentile_cont(0.5) WITHIN GROUP (ORDER BY late)::numeric, 2)) || E'\n' ||
      format('%-44s %14s', '  p99, ms', round(1000 * percentile_cont(0.99) WITHIN GROUP (ORDER BY late)::numeric, 2)) || E'\n' ||
      format('%-44s %14s', '  max, ms', round(1000 * max(late)::numeric, 2))
    FROM (SELECT extract(epoch FROM started_at - due_at) AS late FROM portfolio.job_run
           WHERE due_at > (SELECT min(due_at) + interval '2 seconds' FROM portfolio.job_run)) x"
  remove_jobs
}

# Ten times as many slots as there is time for
overload() {
  local jobs=$rate # ten slots a second each, so ten times the rate
  schedule_many "$jobs" "'every 100 milliseconds'"
  sleep 30
  o "SELECT portfolio.pause_all()" >/dev/null
  until_true bench "SELECT NOT EXISTS (SELECT FROM portfolio.worker_status() WHERE state <> 'idle')" 60
  q bench "SELECT format('%s slots due in 30 s: %s ran, %s coalesced, %s skipped, %s missed, %s unknown, %s under way; failed runs: %s; accounts out of balance: %s of %s',
      a.due, a.ran, a.coalesced, a.skipped, a.missed, a.unknown, a.running, (SELECT count(*) FROM portfolio.job_run WHERE outcome <> 'succeeded'), a.jobs_out_of_balance, a.jobs)
    FROM portfolio.slot_account a"
  remove_jobs
}

# Every process of ours in the server
our_processes() { ps -o pid= --ppid "$(head -n 1 "$run/bench_scheduler/postmaster.pid")" -o args= | awk '/portfolio/ { print $1 }'; }
wake_ups() { for pid in $(our_processes); do awk -v pid="$pid" '/^voluntary_ctxt/ { print pid, $2 }' "/proc/$pid/status" 2>/dev/null || true; done; }

# Many schedules with nothing due
idle() {
  local before after pid count
  set_and_reload "pg_portfolio.idle_timeout = '1h'" # or it would simply end
  schedule_many 100000 "format('%s %s * * *', n % 60, (extract(hour FROM now())::integer + 6 + n % 12) % 24)"
  until_true bench "SELECT scheduler_pid IS NOT NULL AND next_due > now() FROM portfolio.scheduler_status() WHERE database_oid = portfolio.current_database_oid()" 60
  sleep 30 # read, planned, at rest
  pid=$(q bench "SELECT scheduler_pid FROM portfolio.scheduler_status() WHERE database_oid = portfolio.current_database_oid()")
  before=$(wake_ups)
  sleep 60
  after=$(wake_ups)
  # a process that began or ended counts as one
  count=$(awk 'NR == FNR { b[$1] = $2; next } $1 in b { s += $2 - b[$1]; delete b[$1]; next } { s++ } END { for (p in b) s++; print s + 0 }' <(echo "$before") <(echo "$after"))
  row "100,000 schedules: memory of the scheduler" "$(awk '/^RssAnon/ { printf "%.0f MB", $2 / 1024 }' "/proc/$pid/status")" "" ""
  row "  wake-ups in 60 s, all processes" "$count" "" ""
  set_and_reload "pg_portfolio.idle_timeout = '1min'"
  q bench "DELETE FROM portfolio.job"
}

# milliseconds COMMAND: by the clock
milliseconds() {
  local before=${EPOCHREALTIME/./}
  "$@" >/dev/null
  echo $(((${EPOCHREALTIME/./} - before) / 1000))
}

in_one_transaction() {
  local ours cron=""
  ours=$(milliseconds schedule_many 10000 "'0 3 * * *'")
  if $with_cron; then
    cron=$(milliseconds q postgres "SELECT count(cron.schedule('noop ' || n, '0 3 * * *', 'SELECT 1')) FROM generate_series(1, 10000) n")
    [ "$(q postgres 'SELECT count(*) FROM cron.job')" = 10000 ] || { echo "pg_cron has not scheduled 10,000 jobs"; exit 1; }
    q postgres "SELECT count(cron.unschedule(jobid)) FROM cron.job" >/dev/null
  fi
  [ "$(q bench 'SELECT count(*) FROM portfolio.job')" = 10000 ] || { echo "10,000 jobs have not been scheduled"; exit 1; }
  row "10,000 jobs in one transaction, ms" "$ours" "$cron" ""
  q bench "DELETE FROM portfolio.job"
}

compare_with_cron() {
  local comparable=$with_cron
  at_one_instant
  at_one_instant_cron
  sustained
  row "$scheduler_jobs jobs at one instant: succeeded" "$ours_count" "$cron_count" ""
  [ "$ours_count" = "$scheduler_jobs" ] || { echo "not every job has run once"; exit 1; }
  if $with_cron && [ "$cron_count" != "$scheduler_jobs" ]; then
    echo "pg_cron has not run every job once: no ratios"
    comparable=false
  fi
  row "  until the last has started, ms" "$ours_last" "$cron_last" "$($comparable && ratio "$cron_last" "$ours_last")"
  row "  runs a second meanwhile" "$ours_rate" "$cron_rate" "$($comparable && ratio "$ours_rate" "$cron_rate")"
  row "sustained runs a second with history" "$rate" "" "$($comparable && ratio "$rate" "$cron_rate")"
}

bench_scheduler() {
  local conf=$run/bench_scheduler.conf mode libraries=pg_portfolio
  with_cron=false
  if [ -e "$bindir/../lib/pg_cron.so" ]; then with_cron=true libraries=pg_portfolio,pg_cron; else echo "pg_cron not installed"; fi
  { grep -v '^fsync\|^shared_preload_libraries\|^max_worker_processes\|^max_connections' test/pg_portfolio.conf
    printf "shared_preload_libraries = '%s'\nmax_worker_processes = 64\nmax_connections = 100\nshared_buffers = '512MB'\nmax_wal_size = '4GB'\n" $libraries
    printf "pg_portfolio.max_workers = 8\n"
    if $with_cron; then printf "cron.host = '%s'\ncron.log_statement = off\n" "$sockets"; fi; } >"$conf"
  start_cluster bench_scheduler "$conf"
  q postgres "CREATE DATABASE bench"
  q bench "SET client_min_messages = warning; CREATE EXTENSION pg_portfolio CASCADE; CREATE ROLE bench LOGIN; SELECT portfolio.grant_profile('bench', 'operator')" >/dev/null
  if $with_cron; then q postgres "CREATE EXTENSION pg_cron"; fi
  for mode in on off; do
    set_and_reload "synchronous_commit = $mode"
    printf '\nsynchronous_commit = %s\n' $mode
    row "" "pg_portfolio" "$($with_cron && echo pg_cron)" "ratio"
    compare_with_cron
    lateness
  done
  overload
  in_one_transaction
  idle
  stop_cluster bench_scheduler
}
