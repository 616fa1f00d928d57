#!/bin/sh
# 4620-view-random.t - random mail, moves at the source, ms-remove, ms-move, undo,
# new indexes and exports, compared with a model and with the second reader; some
# calls are killed at a write. With MS_SOAK=1 there are 5000 runs.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 'no python3'
seed
runs=200 shim=$build/t/crash.so
[ "${SAN-}" != 1 ] || runs=60
[ "${MS_SOAK-}" != 1 ] || runs=5000
# A library cannot be preloaded into a build with sanitizers.
{ [ "${SAN-}" != 1 ] && [ -e "$shim" ]; } || shim=
# shellcheck disable=SC2086 # no argument if there is none
python3 "$top/t/model-view.py" "$runs" "$seed" $shim >got 2>err
note "$(tail -n 1 got)"
ok "$runs runs: what is shown is what the model shows" \
	sh -c '[ "$(wc -l <got)" -eq 1 ] && grep -q ", 0 wrong$" got || { cat got err; exit 1; }'
[ -z "$shim" ] || ok '  some calls were killed' sh -c '! grep -q " 0 killed" got'
ok '  the driver reports no error' empty err
finish
