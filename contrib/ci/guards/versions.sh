#!/usr/bin/env bash
# Control file, META.json and CHANGELOG.md speak of one version.
version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" control/pg_portfolio.control)
status=0
if [ -z "$version" ]; then echo "control/pg_portfolio.control has no default_version"; exit 1; fi
if [ -s META.json ]; then
  # the distribution's version and that of what it provides
  while IFS= read -r found; do
    if [ "$found" != "$version" ]; then echo "META.json says $found, the control file $version"; status=1; fi
  done < <(grep -oE '^ *"version" *: *"[^"]*"' META.json | sed 's/.*: *"//; s/"$//')
  grep -qE "\"version\" *: *\"$version\"" META.json || { echo "META.json does not have version $version"; status=1; }
fi
if [ -s CHANGELOG.md ] && ! grep -qE "^## \[?$version\]?" CHANGELOG.md; then
  echo "CHANGELOG.md has no heading for version $version"; status=1
fi
exit $status
