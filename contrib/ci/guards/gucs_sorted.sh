#!/usr/bin/env bash
# Settings are defined once, in alphabetical order, all in src/pg_portfolio.c.
status=0
names=$(grep -hoE 'DefineCustom[A-Za-z]+Variable\("[^"]+"' src/pg_portfolio.c | sed 's/.*("//; s/"$//')
if [ -z "$names" ]; then echo "no setting found in src/pg_portfolio.c: has its form changed?"; exit 1; fi
diff <(printf '%s\n' "$names") <(printf '%s\n' "$names" | LC_ALL=C sort -u) || { echo "Settings are not in alphabetical order."; status=1; }
if printf '%s\n' "$names" | grep -v '^pg_portfolio\.[a-z_]*$'; then echo "A setting's name begins pg_portfolio."; status=1; fi
if grep -rnE '\bDefineCustom[A-Za-z]+Variable\(' src --include='*.c' | grep -v '^src/pg_portfolio\.c:'; then
  echo "Settings are defined in src/pg_portfolio.c only."; status=1
fi
exit $status
