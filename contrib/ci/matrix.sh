#!/usr/bin/env bash
# The C compiles with the headers of every PostgreSQL that Debian ships: API drift shows here, not at
# a user's. Fetches postgresql-server-dev-N from the suite that has it into the build tree (nothing is
# installed) and runs the compiler over src with -fsyntax-only. A suite that cannot be reached is
# skipped and named. MATRIX="13 17" picks versions, MATRIX_MIRROR a Debian mirror.
set -uo pipefail
cd "$(dirname "$0")/../.."
dir=$PWD/tmp_check/matrix
mirror=${MATRIX_MIRROR:-$(sed -nE 's/^(URIs:|deb) +(\[[^]]*\] +)?(https?:[^ ]*\/debian)\/?( .*)?$/\3/p' \
  /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)}
[ -n "$mirror" ] || { echo "No Debian mirror in the apt sources; name one in MATRIX_MIRROR." >&2; exit 1; }
suite_of() { case $1 in 13) echo bullseye ;; 15) echo bookworm ;; 17) echo trixie ;; 18) echo sid ;; esac; }

# apt with lists, cache and sources of its own, so that the system's are left alone
prepare_apt() {
  mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial" "$dir/apt/etc/preferences.d"
  : >"$dir/apt/status"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$1" >"$dir/apt/sources.list"
}
private_apt() {
  apt-get -qq -o Dir::State::Lists="$dir/apt/lists" -o Dir::State::status="$dir/apt/status" -o Dir::Cache="$dir/apt/cache" \
    -o Dir::Etc::SourceList="$dir/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::Preferences=/dev/null \
    -o Dir::Etc::PreferencesParts="$dir/apt/etc/preferences.d" -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false \
    -o Acquire::Languages=none -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o APT::Get::List-Cleanup=false "$@"
}

# headers N: the server headers of version N, fetched once; says nothing if it cannot be had
headers() {
  local major=$1 root=$dir/$1
  if [ ! -d "$root/usr/include/postgresql/$major/server" ]; then
    prepare_apt "$(suite_of "$major")"
    private_apt update >"$dir/$major.log" 2>&1 &&
      (cd "$dir" && private_apt download "postgresql-server-dev-$major" >>"$dir/$major.log" 2>&1) &&
      dpkg -x "$(ls -t "$dir/postgresql-server-dev-$major"_*.deb | head -n 1)" "$root" >>"$dir/$major.log" 2>&1 || return 1
    # Newer suites have a C library with strlcpy; this machine's may not, and PostgreSQL then brings its own.
    find "$root" -name 'pg_config*.h' -exec sed -i -E 's/^(#define HAVE_(DECL_)?STRL(CPY|CAT)) 1/\1 0/' {} +
  fi
  echo "$root/usr/include/postgresql/$major/server"
}

mkdir -p "$dir"
passed=0 failed=0 skipped=0
for major in ${MATRIX:-13 15 17 18}; do
  if ! server=$(headers "$major"); then
    skipped=$((skipped + 1)); echo "skipped PostgreSQL $major: $(suite_of "$major") is not reachable ($(tail -n 1 "$dir/$major.log" 2>/dev/null))"
    continue
  fi
  if find src -name '*.c' -print0 | sort -z |
    xargs -0 -n 4 -P 2 gcc -std=gnu99 -Wall -Wextra -Wshadow -Werror -Wno-unused-parameter -Wno-sign-compare \
      -fsyntax-only -D_GNU_SOURCE -DPF_VERSION='"0"' -Isrc -Isrc/include -isystem "$server" -isystem "$(pg_config --includedir)" >"$dir/$major.out" 2>&1; then
    passed=$((passed + 1)); echo "ok      PostgreSQL $major ($(sed -n 's/^#define PG_VERSION "\(.*\)"/\1/p' "$server/pg_config.h" | head -n 1))"
  else
    failed=$((failed + 1)); echo "FAILED  PostgreSQL $major"; sed 's/^/        /' "$dir/$major.out" | head -n 60
  fi
done
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
