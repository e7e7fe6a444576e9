#!/bin/bash
# try-in-systemd.sh PACKAGE: installs the Debian package on a Debian 12 with a systemd of its own, in a container without a
# network, and lives its life: start, work, reload, a bite of the watchdog, restart, stop, purge. As root; the tree is kept
# in .build/systemd for the next time, and nothing is left running.
set -euo pipefail
package=$(realpath "$1")
work=$(realpath "$(dirname "$0")/..")/.build/systemd
base=$work/base
tree=$work/machine
[ "$(id -u)" = 0 ] || { echo "this needs root: it boots a container" >&2; exit 1; }

say() { printf '%-10s %s\n' "$1" "$2"; }
fail() { echo "failed: $*" >&2; inside journalctl --no-pager -n 30 -u lamd >&2 || true; exit 1; }

mkdir -p "$work"
if [ ! -e "$base/complete" ]; then
    rm -rf "$base"
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,curl,adduser bookworm "$base" >"$work/debootstrap.log"
    touch "$base/complete"
fi
# The package's dependencies come now: the container has no network.
if [ "$(cat "$base/complete")" != "$(dpkg-deb -f "$package" Depends)" ]; then
    dpkg-deb -f "$package" Depends | sed 's/([^)]*)//g; s/,//g' |
        DEBIAN_FRONTEND=noninteractive xargs chroot "$base" apt-get install -y -qq --no-install-recommends >"$work/apt.log" 2>&1
    dpkg-deb -f "$package" Depends >"$base/complete"
fi
rm -rf "$tree"
cp -a "$base" "$tree"
cp "$package" "$tree/lamd.deb"

machine= leader=
inside() { nsenter -t "$leader" --all --wdns=/ env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
finish() {
    # SIGRTMIN+4 has the container's systemd power off, and with it ends nspawn.
    if [ -n "$leader" ]; then kill -s RTMIN+4 "$leader" 2>/dev/null || true; fi
    if [ -n "$machine" ]; then
        for _ in $(seq 100); do kill -0 "$machine" 2>/dev/null || break; sleep 0.1; done
        kill "$machine" 2>/dev/null || true
        wait "$machine" 2>/dev/null || true
    fi
    rm -rf "$tree"
}
trap finish EXIT

until_true() {
    for _ in $(seq 300); do if "$@" >/dev/null 2>&1; then return; fi; sleep 0.1; done
    fail "it did not come true within 30 s: $*"
}
call() { inside curl -sS --fail-with-body -m 60 "$@"; }
main_pid() { inside systemctl show -P MainPID lamd; }
is_ready() { call http://127.0.0.1:8808/readyz; }

systemd-nspawn --quiet --directory="$tree" --boot --private-network --register=no --keep-unit --console=read-only \
    </dev/null >"$work/console.log" 2>&1 &
machine=$!
first_child() { leader=$(cat /proc/$machine/task/$machine/children | cut -d ' ' -f 1); [ -n "$leader" ]; }
until_true first_child
booted() { inside systemctl is-system-running | grep -E 'running|degraded'; }
until_true booted
say booted "$(inside systemctl --version | head -1)"

inside dpkg -i /lamd.deb >"$work/dpkg.log" 2>&1 || fail "dpkg: $(cat "$work/dpkg.log")"
inside systemctl is-active --quiet lamd || fail "it is not active after its installation"
inside systemctl is-enabled --quiet lamd || fail "it is not enabled"
[ "$(inside stat -c %U:%a /var/lib/lamd)" = lamd:700 ] || fail "/var/lib/lamd is not lamd's alone"
say installed "$(inside systemctl show -P StatusText lamd), as $(inside ps -o user= -p "$(main_pid)" 2>/dev/null || inside stat -c %U "/proc/$(main_pid)")"

env=$(call --json '{"env_id": "CartPole-v1"}' http://127.0.0.1:8808/v1/envs/ | sed 's/.*"instance_id":"\([0-9a-f]*\)".*/\1/')
call --json '{"seed": 42}' "http://127.0.0.1:8808/v1/envs/$env/reset/" >/dev/null
call --json '{"action": 1}' "http://127.0.0.1:8808/v1/envs/$env/step/" >/dev/null
agent=$(call --json '{"env_id": "CartPole-v1"}' http://127.0.0.1:8808/v1/agents/ | sed 's/.*"agent_id":"\([0-9a-f]*\)".*/\1/')
call --json '{"steps": 2000}' "http://127.0.0.1:8808/v1/agents/$agent/train/?wait=true" >/dev/null
act() { call --json '{"observation": [0.0, 0.0, 0.05, 0.0]}' "http://127.0.0.1:8808/v1/agents/$agent/act/"; }
say worked "environment $env was stepped, agent $agent learned and says $(act)"

before=$(main_pid)
inside sh -c 'echo "max_sessions: 1" >/etc/lamd/lamd.yaml'
inside systemctl reload lamd
limited() { [ "$(inside curl -s -o /dev/null -w '%{http_code}' --json '{"env_id": "CartPole-v1"}' http://127.0.0.1:8808/v1/envs/)" = 429 ]; }
until_true limited
inside sh -c 'echo "max_sessions: none" >/etc/lamd/lamd.yaml'
inside systemctl reload lamd
told() { inside systemctl show -P StatusText lamd | grep -q 'the settings stay as they were'; }
until_true told
inside sh -c 'echo "max_sessions: 100" >/etc/lamd/lamd.yaml'
inside systemctl reload lamd
[ "$(main_pid)" = "$before" ] || fail "a reload made another process"
say reloaded "a limit changed at once, a wrong file was refused and told of in the status"

inside systemctl show -P WatchdogUSec lamd | grep -q 30s || fail "no watchdog"
begin=$SECONDS
inside sh -c "kill -STOP $before"
bitten() { [ "$(main_pid)" != "$before" ] && [ "$(main_pid)" != 0 ] && is_ready; }
for _ in $(seq 3); do if ( until_true bitten ) 2>/dev/null; then break; fi; done
bitten >/dev/null || fail "the watchdog did not bite"
[ "$(inside systemctl show -P NRestarts lamd)" -ge 1 ] || fail "it was not restarted"
inside journalctl -u lamd --no-pager | grep -q 'Watchdog timeout' || fail "it was not the watchdog"
say bitten "stopped, it was killed and started again within $((SECONDS - begin)) s"

act >/dev/null
inside systemctl restart lamd
act >/dev/null || fail "the agent is gone"
say restarted "the agent is still there and says $(act)"

inside systemctl stop lamd
[ "$(inside systemctl show -P Result lamd)" = success ] || fail "it did not stop well"
inside systemctl start lamd.socket
until_true is_ready
say socket "the first call at lamd.socket started it"
inside dpkg --remove lamd >>"$work/dpkg.log" 2>&1
inside systemctl is-active --quiet lamd && fail "it still runs"
inside test -e /var/lib/lamd || fail "removal took the state"
inside dpkg --purge lamd >>"$work/dpkg.log" 2>&1
for path in /var/lib/lamd /etc/lamd /usr/bin/lamd; do inside test ! -e $path || fail "$path is still there"; done
inside getent passwd lamd && fail "the user is still there"
say purged "state, settings and user are gone"
