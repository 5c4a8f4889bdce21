#!/bin/bash
# Process 1 of a container: makes its root file system, starts its command there, hands on SIGTERM, ends with the command's code.
# It runs in fresh mount, pid and hostname namespaces, so nothing that it mounts is seen outside or outlives it.
#
# From the environment: CONTAINER (its folder on the host), CGROUP, POD_HOSTNAME, MOUNTS (file: kind, source, target, by tabs),
# READ_ONLY_ROOT (1 or empty), PASSWD (a line for the container's user, or empty). Arguments: the command to start.
set -e
trap 'exit 128' ERR # "could not be started", as container runtimes say it

# /proc is still the host's here, so this is our pid as the agent sees it.
read -r pid _ </proc/self/stat
echo 0 >"$CGROUP/cgroup.procs"

# The root: the host's files, changes on a tmpfs. (On the same file system as /, overlay refuses an upper folder.)
root=$CONTAINER/root
layers=$CONTAINER/layers
mount --make-rprivate /
mkdir -p "$root" "$layers"
mount -t tmpfs -o mode=755 tmpfs "$layers"
mkdir "$layers/changes" "$layers/work"
mount -t overlay -o "lowerdir=/,upperdir=$layers/changes,workdir=$layers/work" overlay "$root"

mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir -m 1777 "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
hostname "$POD_HOSTNAME"
if [ -n "$PASSWD" ]; then echo "$PASSWD" >>"$root/etc/passwd"; fi

layer=0
while IFS=$'\t' read -r kind source target; do
  # Resolved inside the new root: /var/run and its like are absolute links and would lead out of it.
  target=$root$(chroot "$root" realpath -m "$target")
  if [ -d "$source" ]; then
    mkdir -p "$target"
  else
    mkdir -p "$(dirname "$target")"
    [ -e "$target" ] || touch "$target"
  fi
  case $kind in
    copy) # the source's files, changes kept from it
      layer=$((layer + 1))
      mkdir "$layers/changes-$layer" "$layers/work-$layer"
      chmod --reference="$source" "$layers/changes-$layer"
      chown --reference="$source" "$layers/changes-$layer"
      mount -t overlay -o "lowerdir=$source,upperdir=$layers/changes-$layer,workdir=$layers/work-$layer" overlay "$target"
      ;;
    bind) mount --bind "$source" "$target" ;;
    bind-read-only)
      mount --bind "$source" "$target"
      mount -o remount,bind,ro "$target"
      ;;
  esac
done <"$MOUNTS"
if [ -n "$READ_ONLY_ROOT" ]; then mount -o remount,bind,ro "$root"; fi

cd /
trap - ERR
set +e
chroot "$root" "$@" &
command=$!
trap 'kill -TERM $command' TERM
echo "$pid" >"$CONTAINER/pid" # from now on we hear SIGTERM
# `wait` also returns when the trap ran: the command is over only when it is no longer there.
while true; do
  wait $command
  code=$?
  kill -0 $command 2>/dev/null || exit $code
done
