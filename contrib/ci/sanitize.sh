#!/usr/bin/env bash
# The tests with our library under UndefinedBehaviorSanitizer: shifts, bounds, alignment, null and
# misused pointers, values that an enum or boolean cannot have. The first mistake ends the backend, so
# the test that made it fails, and the reports are printed at the end.
#   make sanitize                                        regress, pgtap and isolation
#   LAYERS=regress TESTS=types_nhs_number make sanitize  as for make test
# Only our library is built so; the server stays Debian's.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
"$top/contrib/ci/install-deps.sh" test
copy=$top/tmp_check/sanitize
mkdir -p "$copy"

# A checkout of its own beside the normal build, so that the objects of the two never mix.
rm -rf "$copy/src" "$copy/sql" "$copy/test" "$copy/expected"
(cd "$top" && git ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do if [ -e "$file" ]; then printf '%s\0' "$file"; fi; done | xargs -0 cp --parents -dt "$copy")

export COPT="-g -fno-omit-frame-pointer -fsanitize=undefined -fno-sanitize-recover=undefined"
export MAKEFLAGS="with_llvm=no"
export UBSAN_OPTIONS=print_stacktrace=1
export PF_DATA=${PF_DATA:-$top/../shared/data}

find "$copy/tmp_check" -name "*.log" -delete 2>/dev/null || true
status=0
(cd "$copy" && LAYERS=${LAYERS:-regress pgtap isolation} contrib/ci/test.sh) || status=$?
# The library writes its reports to standard error: the log of the server.
if grep -rsh -A 8 'runtime error:' "$copy/tmp_check" --include='*.log' ; then
  printf '\nThe sanitizer reported what stands above.\n'
  status=1
fi
exit $status
