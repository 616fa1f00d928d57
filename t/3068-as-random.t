#!/bin/sh
# 3068-as-random.t - random calls with --as by three users, whose privileges and
# rights change, compared with a model: nothing else is shown, written or run than
# what a user may. With MS_SOAK=1 there are 1000 sequences.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip python3 'no python3'
seed
runs=40
[ "${MS_SOAK-}" != 1 ] || runs=1000
mkdir run && cd run || exit 1
python3 "$top/t/model-as.py" "$runs" "$seed" >../got 2>../err
cd ..
note "$(tail -n 1 got)"
ok "$runs sequences: what happens is what the model allows" \
	sh -c '[ "$(wc -l <got)" -eq 1 ] && grep -q ", 0 wrong$" got || { cat got err; exit 1; }'
ok '  a part was allowed, a part refused' absent -qE ' 0 (allowed|refused)' got
ok '  the driver reports no error' empty err
finish
