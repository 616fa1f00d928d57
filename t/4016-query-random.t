#!/bin/sh
# 4016-query-random.t - random queries find what a slow, obvious evaluator finds
# in the exported messages. MS_SOAK=1: 20,000 queries. ms-query(7).
. "$(dirname "$0")/lib.sh"
export MS_ARCHIVE=arc
seed=${MS_SEED-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
note "MS_SEED=$seed"
count=150
[ "${MS_SOAK-}" != 1 ] || count=20000
ms-init arc || exit 1
python3 "$top/t/query-oracle.py" mail "$seed" >mail
status 'random messages are ingested' 0 ms-ingest -q --create-user <mail
ms-export --format stream >stream 2>/dev/null
ok "$count random queries find the same" python3 "$top/t/query-oracle.py" check "$seed" $count stream
status 'the messages are indexed' 0 ms-index -q
ok 'and with the text index' python3 "$top/t/query-oracle.py" check "$((seed + 1))" $count stream
finish
