#!/usr/bin/env bash
# The scheduler asks clock.c what time it is, so that tests run virtual days in milliseconds.
found=$(grep -nHE '\b(GetCurrentTimestamp|GetCurrentIntegerTimestamp|GetCurrentTransactionStartTimestamp|GetCurrentStatementStartTimestamp|gettimeofday|clock_gettime|time)[[:space:]]*\(' src/scheduler/*.c 2>/dev/null |
  grep -v '^src/scheduler/clock\.c:' | grep -vE ':[0-9]+:[[:space:]]*(/?\*|//)' | grep -vE '\btime[[:space:]]*\([^N]' )
if [ -n "$found" ]; then printf '%s\n' "$found"; exit 1; fi
