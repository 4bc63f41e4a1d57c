#!/usr/bin/env bash
# What `make demo`, `make bench` and `make test` need on a Debian 12 that has git and make: Debian packages and
# nothing else. Does nothing where all of them are there. As root, or with sudo.
set -euo pipefail

version=${PF_PG_MAJOR:-15}
demo_packages=(gcc libc6-dev make clang "postgresql-$version" "postgresql-server-dev-$version")
test_packages=("postgresql-$version-pgtap" libtap-parser-sourcehandler-pgtap-perl libipc-run-perl
  libclang-rt-dev libio-socket-ssl-perl openssl unixodbc odbc-postgresql libpostgresql-jdbc-java default-jdk-headless
  python3-icalendar)

# What make bench compares with, and can do without
bench_packages=("postgresql-$version-cron" "postgresql-$version-pgrouting")

case ${1:-test} in
  demo) wanted=("${demo_packages[@]}") ;;
  bench) wanted=("${bench_packages[@]}") ;;
  test) wanted=("${demo_packages[@]}" "${test_packages[@]}") ;;
  *) echo "usage: $0 [demo|bench|test]" >&2; exit 2 ;;
esac

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "these packages are missing and sudo is not there to install them: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing Debian packages: ${missing[*]}"
# The packages must neither start a server of their own nor make a cluster: ours live in the build tree.
"${as_root[@]}" sh -c 'mkdir -p /etc/postgresql-common/createcluster.d &&
  { [ -e /etc/postgresql-common/createcluster.d/pg_portfolio.conf ] || [ -e /var/lib/postgresql ] ||
    echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.d/pg_portfolio.conf; }'
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
