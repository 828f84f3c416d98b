#!/bin/sh
# The browser tests need a Chromium. Where the package manager may install one, it is installed;
# otherwise the tests that need it say so by name and are skipped.
set -u
for name in "${TRAINHUB_CHROMIUM:-}" chromium chromium-browser google-chrome; do
  [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing chromium for the browser tests ..."
  apt-get update -qq >/dev/null 2>&1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-wqy-zenhei poppler-utils >/dev/null 2>&1 && exit 0
fi
echo "no Chromium found and none could be installed: the browser tests will be skipped by name" >&2
exit 0
