#!/bin/sh
# 1060-ingest-memory.t - ms-ingest needs no more memory for long messages, many
# messages and many folders than for little mail. With MS_SOAK the volume is
# twenty times as large. All mail comes through a pipe.
. "$(dirname "$0")/lib.sh"
[ "${SAN-}" != 1 ] || skip memory 'sanitizers need additional memory'
limit=$((128 * 1024)) # KiB
part=20
[ -z "${MS_SOAK-}" ] || part=1

# fits NAME COUNT GENERATOR...: archives the COUNT messages that the generator
# prints; the memory must stay below the limit.
fits() {
	what=$1 n=$2 && shift 2
	rm -rf arc
	ms-init -u u arc
	status "$what" 0 sh -c '"$@" | '"$top"'/t/peak.py peak ms-ingest -a arc -u u' - "$@"
	ok "$what: $n new" grep -q "^ms-ingest: $n seen: $n new, " err
	ok "$what: $(cat peak) KiB" test "$(cat peak)" -gt 1024 -a "$(cat peak)" -le "$limit"
	rm -rf arc
}

size=$((1900000000 / part)) many=$((1000000 / part))
fits "a message of $size bytes, base64" 1 "$top/t/mailgen.py" big $size base64
fits "a message of $size bytes, noise" 1 "$top/t/mailgen.py" big $size text
fits "$many messages" $many "$top/t/mailgen.py" 0 $many
cat >folders <<'END'
BEGIN {
	sep = "From ms-stream@1 Thu Jan  1 00:00:00 1970\nMS-Envelope: "
	for (i = 0; i < n; i++)
		printf "%sfolder=\"Projects/Of customer %d\"\nSubject: %d\n\ntext\n\n", sep, i, i
	printf "%send; messages=%d; failed=0; status=0\n\n", sep, n
}
END
fits "$((many / 5)) folders" $((many / 5)) awk -v n=$((many / 5)) -f folders

from=${MS_CORPORA:-$top/../shared/corpora}/bulk.tar.zst
[ -r "$from" ] || skip corpora 'no bulk corpus (MS_CORPORA)'
zstd -dcq "$from" 2>/dev/null | "$top/t/mailgen.py" tar $((400000000 / part)) >real
n=$(grep -c '^From ' real)
rm -rf arc && ms-init -u u arc
# shellcheck disable=SC2002 # the mail comes through a pipe
status 'real mail is archived' 0 sh -c "cat real | '$top/t/peak.py' peak ms-ingest -a arc -u u"
sed -n 's/^ms-ingest: \([0-9]*\) seen: .* 0 failed$/\1/p' err >seen
ok "real mail: $(cat seen) messages of $n" \
	test "$(cat seen)" -le "$n" -a "$(cat seen)" -ge $((n * 95 / 100))
ok "real mail: $(cat peak) KiB" test "$(cat peak)" -gt 1024 -a "$(cat peak)" -le "$limit"
finish
