#!/usr/bin/env bash
# One file knows PostgreSQL's versions: src/include/pf_compat.h.
if grep -rnE '\b(PG_VERSION_NUM|PG_MAJORVERSION_NUM|CATALOG_VERSION_NO)\b' src --include='*.[ch]' | grep -v '^src/include/pf_compat\.h:'; then
  echo "Put what differs between versions into src/include/pf_compat.h."
  exit 1
fi
