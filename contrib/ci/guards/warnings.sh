#!/usr/bin/env bash
# No warning from gcc or clang. PostgreSQL's own headers are system headers here, so only ours count.
server=$("${PG_CONFIG:-pg_config}" --includedir-server) || exit 1
status=0 found=0
for compiler in gcc clang; do
  command -v "$compiler" >/dev/null || { echo "$compiler is not installed: not checked"; continue; }
  found=1 extra=
  # PostgreSQL was configured for gcc, so its headers ask for a printf style that clang does not know.
  [ "$compiler" = clang ] && extra=-Wno-ignored-attributes
  find src -name '*.c' -print0 | sort -z |
    xargs -0 -r -n 8 -P 2 "$compiler" -Wall -Wextra -Wshadow -Werror -Wno-unused-parameter -Wno-sign-compare -fsyntax-only -std=gnu99 \
      -DPF_VERSION='"0"' -D_GNU_SOURCE -Isrc -Isrc/include -isystem "$server" -isystem "$("${PG_CONFIG:-pg_config}" --includedir)" $extra ||
    status=1
done
[ "$found" -eq 1 ] || { echo "no compiler found"; exit 1; }
exit $status
