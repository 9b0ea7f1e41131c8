#!/bin/sh
# A Docker engine and the test image, on a machine without an image registry. Needs root for what is missing; skips what is
# there. The image is a minimal Debian with python3, built from the package mirror that this machine's apt is set to.
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

# mirror_of CODENAME: where apt gets the main packages of that release from.
mirror_of() {
    apt-get indextargets --format '$(REPO_URI)' "Codename: $1" 'Component: main' 'Created-By: Packages' | head -n 1
}

build_image() {
    install debootstrap debootstrap
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    [ -n "$codename" ] || fail "/etc/os-release names no release to build an image of"
    mirror=$(mirror_of "$codename")
    if [ -z "$mirror" ]; then  # before the first update apt knows no code names
        apt-get update -q >"$work/apt.log" 2>&1 || fail "apt-get update failed: $(tail -n 1 "$work/apt.log")"
        mirror=$(mirror_of "$codename")
    fi
    [ -n "$mirror" ] || fail "apt has no source for $codename main to build the image from"
    debootstrap --variant=minbase --include=python3 "$codename" "$work/root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
        fail "debootstrap failed: $(tail -n 1 "$work/debootstrap.log")"
    # Where the packages came from, and what only apt and readers need, stays out of the image.
    tar -C "$work/root" --numeric-owner --exclude=./etc/apt/sources.list --exclude='./var/lib/apt/lists/*' \
        --exclude='./var/cache/apt/*' --exclude='./var/log/*' --exclude='./usr/share/doc/*' \
        --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' --exclude='./dev/*' -c . |
        docker import --change 'CMD ["python3"]' - "$image" >"$work/import.log" 2>&1 ||
        fail "docker import failed: $(tail -n 1 "$work/import.log")"
}

if answers && docker image inspect "$image" >/dev/null 2>&1; then
    echo "docker.sh: the engine answers and $image is there"
    exit 0
fi
[ "$(id -u)" = 0 ] || fail "no engine answers or $image is missing, and setting that up needs root"
exec 9>/tmp/goldloop-docker.lock
flock 9  # two at once: the second finds everything there
work=$(mktemp -d /var/tmp/goldloop-image-XXXXXX)
chmod 755 "$work"
answers || start_engine
docker image inspect "$image" >/dev/null 2>&1 || build_image
docker run --rm --pull never --network none --read-only "$image" python3 -I -S -B -c 'print("works")' >"$work/run.log" 2>&1 ||
    fail "a container of $image does not run: $(tail -n 1 "$work/run.log")"
echo "docker.sh: the engine answers and $image is there"
