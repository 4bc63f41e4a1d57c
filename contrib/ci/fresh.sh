#!/usr/bin/env bash
# The promise of the README, kept in the open: on a bare Debian 12 that has git and make and nothing
# else, `make demo` and `make test` work, one after the other, twice. Needs root (chroot, mounts),
# debootstrap and a Debian mirror. FRESH_DIR keeps the bare system for the next run.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" -eq 0 ] || { echo "fresh.sh needs root: it makes a chroot" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "fresh.sh needs the Debian package debootstrap" >&2; exit 1; }

root=${FRESH_DIR:-$top/tmp_check/fresh}
mirror=${FRESH_MIRROR:-http://deb.debian.org/debian}
rounds=${FRESH_ROUNDS:-2}
log=$root.log

cleanup() {
  for dir in dev/shm dev proc; do
    mountpoint -q "$root/$dir" && umount -l "$root/$dir"
  done
  return 0
}
trap cleanup EXIT

if [ ! -e "$root/usr/bin/make" ]; then
  echo "Making a bare Debian 12 ..."
  mkdir -p "$root"
  debootstrap --variant=minbase --include=git,make bookworm "$root" "$mirror" >"$log" 2>&1 || { tail -n 20 "$log"; exit 1; }
fi
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"

# A clone such as a user makes, with the real inputs beside it where this checkout has them.
rm -rf "$root/root/pg_portfolio" "$root/root/shared"
git clone -q --no-local "$top" "$root/root/pg_portfolio"
if [ -d "$top/../shared/data" ]; then
  mkdir -p "$root/root/shared"
  cp -rL "$top/../shared/data" "$root/root/shared/data"
fi

inside() {
  chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    TERM=dumb sh -c "cd /root/pg_portfolio && $1"
}

for round in $(seq "$rounds"); do
  for command in demo test; do
    printf '\n##### bare Debian 12, round %d: make %s\n' "$round" "$command"
    inside "make $command" 2>&1 | tee "$root.$command.$round.log"
    [ "${PIPESTATUS[0]}" -eq 0 ] || { inside "make demo-stop" || true; echo "make $command failed in round $round" >&2; exit 1; }
  done
  inside "make demo-stop"
done
printf '\nBoth commands passed %d times on a bare Debian 12.\n' "$rounds"
