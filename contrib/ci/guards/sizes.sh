#!/usr/bin/env bash
# No C file longer than 600 lines. Tables of constants are generated and end in _data.h or _data.c.
status=0
while IFS= read -r file; do
  lines=$(wc -l <"$file")
  if [ "$lines" -gt 600 ]; then echo "$file has $lines lines, at most 600 are wanted"; status=1; fi
done < <(find src -name '*.[ch]' ! -name '*_data.[ch]' | sort)
exit $status
