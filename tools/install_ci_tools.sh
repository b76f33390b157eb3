#!/usr/bin/env bash
# What some tests need beside Python: a browser for `flowdeck web`, the shells whose completions are tried, a pager. Called by
# `make test` where CI is set. Without the right to install, or without a network, the tests that need it are skipped and say so.
set -uo pipefail

declare -A package=([chromium]=chromium [zsh]=zsh [fish]=fish [less]=less)
missing=()
for program in "${!package[@]}"; do
    command -v "$program" >/dev/null || missing+=("${package[$program]}")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "cannot install ${missing[*]}: tests that need them are skipped" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
if ! { timeout 300 apt-get update -qq && timeout 600 apt-get install -qq -y --no-install-recommends "${missing[@]}"; } >/dev/null; then
    echo "could not install ${missing[*]}: tests that need them are skipped" >&2
fi
