#!/bin/sh
# A Docker engine and the images, on a machine without an image registry. Needs root for what is missing; skips what is
# there. `goldloop images build --offline` makes the images; the Python one gets the name that the tests look for, too.
#
#   .ci/docker.sh && GOLDLOOP_REQUIRE=docker pytest -m docker
set -eu

image=${GOLDLOOP_TEST_IMAGE:-goldloop-python:test}
log=${GOLDLOOP_DOCKERD_LOG:-/var/log/goldloop-dockerd.log}
work=''

fail() {
    echo "docker.sh: $*" >&2
    exit 1
}

cleanup() {
    [ -z "$work" ] || rm -rf --one-file-system "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

answers() {
    timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

# install COMMAND PACKAGE: only where the command is missing.
install() {
    command -v "$1" >/dev/null 2>&1 && return
    command -v apt-get >/dev/null 2>&1 || fail "$1 is missing and there is no apt-get to install $2 with"
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$2"; } \
        >"$work/apt.log" 2>&1 || fail "apt-get could not install $2: $(tail -n 1 "$work/apt.log")"
}

# The engine gets no bridge and touches no firewall rule: the sandboxes have no network.
start_engine() {
    install dockerd docker.io
    install docker docker.io
    answers && return
    setsid dockerd --bridge=none --iptables=false --ip6tables=false --ip-forward=false \
        </dev/null >"$log" 2>&1 9>&- &
    engine=$!
    for _ in $(seq 120); do
        answers && return
        kill -0 "$engine" 2>/dev/null || fail "dockerd ended ($log): $(grep -v 'level=info' "$log" | tail -n 1)"
        sleep 0.5
    done
    fail "dockerd gave no answer in 60 s ($log)"
}

answers || [ "$(id -u)" = 0 ] || fail "no engine answers, and starting one needs root"
cd "$(dirname "$0")/.."
exec 9>/tmp/goldloop-docker.lock
flock 9  # two at once: the second finds everything there
work=$(mktemp -d /var/tmp/goldloop-image-XXXXXX)
answers || start_engine
[ "$(id -u)" != 0 ] || install debootstrap debootstrap
[ "$(id -u)" != 0 ] || install ip iproute2  # the attack suite makes a network namespace of its own
make -s .venv/.installed-dev
.venv/bin/goldloop images build --offline --json >"$work/images.json"
python=$(.venv/bin/python -c 'import json, sys; print(next(i["image"] for i in json.load(sys.stdin)["images"] if i["kind"] == "python"))' <"$work/images.json")
# A name of the user's own is left alone.
[ -n "${GOLDLOOP_TEST_IMAGE:-}" ] && docker image inspect "$image" >/dev/null 2>&1 || docker tag "$python" "$image"
echo "docker.sh: the engine answers; $image, $python and the web image are there"
