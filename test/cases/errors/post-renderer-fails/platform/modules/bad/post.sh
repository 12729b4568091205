#!/bin/sh
cat >/dev/null
echo "no overlay for $KZSYNC_NAMESPACE" >&2
exit 4
