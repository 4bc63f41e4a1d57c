# Shared by test.sh, demo.sh and bench.sh: build the extension, install it into a private copy of
# PostgreSQL, and run servers from it as an unprivileged user. Nothing outside the run directory is
# touched and no TCP port is opened, so nothing clashes with a cluster that is already there.
#
#   $top     the checkout            $run     the run directory (tmp_check, or below /var/tmp)
#   $prefix  the private PostgreSQL  $bindir  its programs        $stage  what tests read
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$top"
# The outer make's command line (DATA=...) must not reach the inner one, where DATA is what PGXS installs.
unset MAKEFLAGS MAKEOVERRIDES MFLAGS MAKELEVEL
# LANG too: PostgreSQL's test modules drop LC_ALL, and a server that is made without a locale is no UTF8.
export LC_ALL=C.UTF-8 LANG=C.UTF-8 PGSYSCONFDIR=/nonexistent PSQLRC=/dev/null
unset PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD PGSERVICE PGOPTIONS PGTZ PGCLIENTENCODING PGAPPNAME 2>/dev/null || true

pf_major=${PF_PG_MAJOR:-15}
os_user=$(id -un)
if [ "$(id -u)" -eq 0 ]; then os_user=postgres; fi

# Run a command as the user that servers run as, who may not be able to stand in the checkout.
as_user() {
  local dir=$PWD
  [ "$dir" != "$top" ] || dir=$run
  if [ "$(id -u)" -eq 0 ]; then
    setpriv --reuid="$os_user" --regid="$os_user" --init-groups env -C "$dir" HOME="$run" "$@"
  else
    "$@"
  fi
}

# own_dir DIR: a directory of the servers' user below a place where anybody may write. One that somebody
# else has prepared, or a link, is refused: as root we would hand him what it leads to.
own_dir() {
  if mkdir -m 700 "$1" 2>/dev/null; then
    [ "$(id -u)" -ne 0 ] || chown "$os_user" "$1"
  elif [ -L "$1" ] || [ ! -d "$1" ] || [ "$(stat -c %U "$1")" != "$os_user" ]; then
    echo "$1 is there and does not belong to $os_user; remove it first" >&2
    exit 1
  fi
}

# The run directory: tmp_check in the checkout, or below /var/tmp where the unprivileged user cannot
# reach the checkout (root's home, for one).
choose_run_dir() {
  run=$top/tmp_check
  if [ "$(id -u)" -eq 0 ] && ! setpriv --reuid="$os_user" --regid="$os_user" --init-groups test -x "$top"; then
    run=/var/tmp/pg_portfolio-$(printf %s "$top" | cksum | cut -d' ' -f1)
    own_dir "$run"
  else
    mkdir -p "$run"
    [ "$(id -u)" -ne 0 ] || chown "$os_user" "$run"
  fi
  prefix=$run/prefix
  bindir=$prefix/usr/lib/postgresql/$pf_major/bin
  stage=$run/stage
  # Unix socket paths are limited to 107 bytes, so sockets do not live in a deep run directory.
  sockets=/tmp/pf-$(printf %s "$run" | cksum | cut -d' ' -f1)
  own_dir "$sockets"
}

build() {
  choose_run_dir
  if [ "$("$bindir/postgres" -V 2>/dev/null)" != "$("/usr/lib/postgresql/$pf_major/bin/postgres" -V)" ]; then
    rm -rf "$prefix"
  fi
  mkdir -p "$prefix/usr/lib/postgresql" "$prefix/usr/share/postgresql"
  cp -au "/usr/lib/postgresql/$pf_major" "$prefix/usr/lib/postgresql/"
  cp -auL "/usr/share/postgresql/$pf_major" "$prefix/usr/share/postgresql/"
  # A pg_config that was moved looks for the headers beside itself.
  mkdir -p "$prefix/usr/include"
  ln -sfn /usr/include/postgresql "$prefix/usr/include/postgresql"
  PG_CONFIG=$bindir/pg_config
  export PG_CONFIG
  make -s -j2 PG_CONFIG="$PG_CONFIG" all >"$run/build.log" 2>&1 || { cat "$run/build.log"; echo "the build failed" >&2; exit 1; }
  if grep -q 'warning:' "$run/build.log"; then cat "$run/build.log"; fi
  make -s PG_CONFIG="$PG_CONFIG" install >"$run/install.log" 2>&1 || { cat "$run/install.log"; echo "the installation failed" >&2; exit 1; }
}

# Copy what tests and examples read to a place that the unprivileged user can read.
stage_files() {
  local data=${PF_DATA:-$top/../shared/data}
  rm -rf "$stage"
  mkdir -p "$stage"
  cp -a src test expected contrib docs sql control README.md META.json CHANGELOG.md "$stage/" 2>/dev/null || true
  PF_DATA=
  if [ -d "$data" ]; then
    cp -rL "$data" "$stage/data"
    chmod -R u+w "$stage/data"
    PF_DATA=$stage/data
  fi
  export PF_DATA
  [ "$(id -u)" -ne 0 ] || chown -R "$os_user" "$stage"
}

# start_cluster NAME [CONF_FILE]: a throw-away cluster, sockets only; sets PGHOST and PGPORT.
start_cluster() {
  local name=$1 conf=${2:-$top/test/pg_portfolio.conf}
  local pgdata=$run/$name
  stop_cluster "$name"
  rm -rf "$pgdata"
  as_user "$bindir/initdb" -D "$pgdata" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N >"$run/$name.initdb.log" 2>&1 ||
    { cat "$run/$name.initdb.log"; exit 1; }
  { cat "$conf"
    printf "listen_addresses = ''\nunix_socket_directories = '%s'\n" "$sockets"; } | as_user tee -a "$pgdata/postgresql.conf" >/dev/null
  PGHOST=$sockets
  PGPORT=$((20000 + $(printf %s "$name" | cksum | cut -d' ' -f1) % 30000))
  export PGHOST PGPORT
  export PGUSER=postgres PGDATABASE=postgres
  as_user "$bindir/pg_ctl" -D "$pgdata" -w -l "$run/$name.log" -o "-p $PGPORT" start >/dev/null ||
    { tail -n 30 "$run/$name.log"; exit 1; }
}

stop_cluster() {
  local pgdata=$run/$1
  if [ -f "$pgdata/postmaster.pid" ]; then
    as_user "$bindir/pg_ctl" -D "$pgdata" -w -m "${2:-fast}" stop >/dev/null 2>&1 || true
  fi
}
