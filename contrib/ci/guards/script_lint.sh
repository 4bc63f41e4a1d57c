#!/usr/bin/env bash
# Install and upgrade scripts take over nothing and are led astray by nothing that somebody put into the database before; and
# script_lint.pl, which says so, finds what is planted.
status=0
lint() { perl contrib/ci/script_lint.pl "$@"; }
lint sql/[0-9]*/*.sql $(ls sql/upgrade/*.sql 2>/dev/null) || status=1
begins=$'SET LOCAL search_path = pg_catalog, pg_temp;\nSET LOCAL quote_all_identifiers = off;'
for script in $(ls sql/pg_portfolio--*.sql 2>/dev/null); do
  [ "$(grep -v '^\\echo' "$script" | head -n 2)" = "$begins" ] || { echo "$script does not begin with $begins"; status=1; }
done

plants=contrib/ci/script_lint_plants.sql
diff <(lint $plants | sed "s,^$plants:,," | sort -t: -k1,1n -k2 | awk -F': ' '{ n[$1] = n[$1] sep[$1] substr($0, length($1) + 3); sep[$1] = "; " } END { for (i in n) print i ": " n[i] }' | sort -n) \
  <(awk -F'--: ' 'NF > 1 && !/^-- / { print NR ": " $NF }' $plants) || { echo "script_lint.pl does not find what is planted in $plants."; status=1; }
# A script that runs by itself and does not begin with its path, or with names as they are
script=$(mktemp --suffix=--0.1.0--0.2.0.sql)
printf '\\echo Use "ALTER EXTENSION".\n%s\nSELECT 1;\n' "$begins" >"$script"
lint "$script" || status=1
sed -i 's/, pg_temp//' "$script"
lint "$script" >/dev/null && { echo "script_lint.pl takes an upgrade script without pg_temp on its path."; status=1; }
printf '\\echo Use "ALTER EXTENSION".\n%s\nSELECT 1;\n' "${begins%%$'\n'*}" >"$script"
lint "$script" >/dev/null && { echo "script_lint.pl takes an upgrade script in which names may be quoted."; status=1; }
rm -f "$script"
exit $status
