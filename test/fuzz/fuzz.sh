#!/usr/bin/env bash
# A libFuzzer target for each input and each receive function of our types, under AddressSanitizer and
# UndefinedBehaviorSanitizer. Types are found in the sources: a new one needs a few lines in seeds.tsv.
#   fuzz.sh SOURCES OUTPUT
#     PF_FUZZ_SECONDS=60   a target, or PF_FUZZ_RUNS=10000000    PF_FUZZ_TYPES="postcode dca"    CLANG=clang-14
# Inputs are up to PF_FUZZ_MAX_LEN bytes long, or half as long again as the longest seed of the type.
# Stops at the first report and prints the input that made it; ends with one line a target.
set -euo pipefail
sources=$(cd "$1" && pwd)
mkdir -p "$2"
output=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
pg_config=${PG_CONFIG:-pg_config}
clang=${CLANG:-clang}
server=$("$pg_config" --includedir-server)
libdir=$("$pg_config" --pkglibdir)
[ -e "$libdir/libpgport.a" ] || libdir=$("$pg_config" --libdir)
limit=("-max_total_time=${PF_FUZZ_SECONDS:-60}")
[ -z "${PF_FUZZ_RUNS:-}" ] || limit=("-runs=$PF_FUZZ_RUNS")

flags=(-g -O2 -std=gnu99 -fno-omit-frame-pointer -fno-sanitize-recover=all -D_GNU_SOURCE "-DPF_VERSION=\"0\""
  -I"$sources/src" -I"$sources/src/include" -isystem "$server" -w)
sanitizers=-fsanitize=address,undefined
echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return 0; }' >"$output/probe.c"
if ! "$clang" -fsanitize=fuzzer,address,undefined -o "$output/probe" "$output/probe.c" 2>"$output/probe.log"; then
  echo "skipped: $clang has no libFuzzer here (Debian: libclang-rt-14-dev)"
  exit 77
fi

# Whatever defines a receive function, by hand or by PF_CODE_TYPE_FUNCTIONS
found=$(cd "$sources/src/types" && sed -nE 's/^PG_FUNCTION_INFO_V1\(pf_([a-z0-9_]+)_recv\);.*/\1/p; s/^PF_CODE_TYPE_FUNCTIONS\(([a-z0-9_]+),.*/\1/p' ./*.c | sort)
types=${PF_FUZZ_TYPES:-$found}

objects=()
for file in "$sources"/src/types/*.c; do
  name=$(basename "$file" .c)
  # These live on more of the server; they have no input functions.
  case $name in value_set | prefix_support | cvss_func) continue ;; esac
  "$clang" "${flags[@]}" -fsanitize=address,undefined -fsanitize-coverage=inline-8bit-counters,pc-table -c -o "$output/$name.o" "$file"
  objects+=("$output/$name.o")
done
"$clang" "${flags[@]}" $sanitizers -c -o "$output/shim.o" "$here/shim.c"

# build NAME FLAGS...: a program of the driver
build() {
  local name=$1
  shift
  "$clang" "${flags[@]}" -I"$here" "$@" -o "$output/$name" "$here/fuzz_io.c" "${objects[@]}" "$output/shim.o" \
    "$libdir/libpgcommon.a" "$libdir/libpgport.a" -lm
}

# run NAME CORPUS MAX_LEN
run() {
  local log=$output/$1.log
  if ! (cd "$output" && "./$1" "${limit[@]}" -max_len="$3" -verbosity=1 -detect_leaks=0 -print_final_stats=1 -artifact_prefix="$output/$1-" \
    -rss_limit_mb=2048 "$2") >"$log" 2>&1; then
    tail -n 60 "$log"
    printf '%s: the sanitizers, or the functions themselves, have something to report\n' "$1"
    exit 1
  fi
  printf '%-18s %s executions, %s a second, %s edges\n' "$1" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")" \
    "$(sed -nE 's/.* cov: ([0-9]+) .*/\1/p' "$log" | tail -n 1)"
}

for type in $types; do
  grep -q "^$type	" "$here/seeds.tsv" || { echo "seeds.tsv has no lines for $type" >&2; exit 1; }
  rm -rf "$output/corpus_${type}_in" "$output/corpus_${type}_recv"
  mkdir -p "$output/corpus_${type}_in" "$output/corpus_${type}_recv"
  cut -f2- <(grep "^$type	" "$here/seeds.tsv") >"$output/seeds"
  split -l 1 "$output/seeds" "$output/corpus_${type}_in/"
  longest=$(wc -L <"$output/seeds")
  max_len=${PF_FUZZ_MAX_LEN:-$((longest < 64 ? 96 : longest * 3 / 2))}
  build "${type}_seeds" $sanitizers -DTYPE="$type" -DSEEDS
  "$output/${type}_seeds" "$output/corpus_${type}_recv" <"$output/seeds"
  build "${type}_in" -fsanitize=fuzzer,address,undefined -DTYPE="$type"
  build "${type}_recv" -fsanitize=fuzzer,address,undefined -DTYPE="$type" -DBINARY
  run "${type}_in" "$output/corpus_${type}_in" "$max_len"
  run "${type}_recv" "$output/corpus_${type}_recv" "$max_len"
done
echo "$(echo "$types" | wc -w) types, no report"
