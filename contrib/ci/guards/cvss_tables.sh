#!/usr/bin/env bash
# The tables of CVSS v4.0 in C are what make_data.pl makes of FIRST's, which are those of the data folder where there is one.
status=0
if ! perl contrib/cvss4/make_data.pl | cmp - src/types/cvss_v4_data.h; then
  echo "perl contrib/cvss4/make_data.pl > src/types/cvss_v4_data.h"; status=1
fi
data=${PF_DATA:-../shared/data}/security
for table in contrib/cvss4/cvss4_*.tsv; do
  if [ -e "$data/$(basename "$table")" ]; then cmp "$table" "$data/$(basename "$table")" || status=1; fi
done
exit $status
