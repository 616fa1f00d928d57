# shellcheck shell=sh disable=SC2034,SC2154
# lib-journal.sh - journal reports of every kind, and who is to get what. The
# folder `journal` has the reports of one mailbox, `forged` has forged ones, `r`
# has what make-reports.py makes, and the file `all` is the table for `journal`.

exchange=MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@firm.example
"$top/t/make-reports.py" r || exit 1
mkdir journal forged
for f in r/in/*.eml; do
	case $f in */forged*) cp "$f" forged ;; *) cp "$f" journal ;; esac
done

# new ARCHIVE: makes an archive with four users.
new() {
	ms-init -u admin "$1"
	ms-users -a "$1" add --address anna@firm.example anna
	ms-users -a "$1" add --address ben@firm.example ben
	ms-users -a "$1" addresses --add ben ben@münchen.example
	ms-users -a "$1" add --address cleo@firm.example cleo
	ms-users -a "$1" add --address dora@firm.example dora
}
# rows ARCHIVE: id, user and folder of each occurrence, in short: anna/s has sent
# the message, ben/r has received it, ? is unknown mail.
rows() {
	ms-list -a "$1" | cut -f 1,3,4 | sed -e 's|\t\([^\t]*\)\t[^\t]*/Sent Items$|\t\1/s|' \
		-e 's|\t\([^\t]*\)\t[^\t]*/Inbox$|\t\1/r|' \
		-e 's|\t@catchall\tUnknown E-mail Addresses$|\t?|' | sort
}
# table ARCHIVE <TABLE: the archive has exactly the messages of the table, whose
# lines are: a file of the reports, then who gets it.
table() {
	while read -r file who; do
		id=$(sha256sum <"r/$file" | cut -c 1-64)
		printf '%s\n' "$who" | tr ' ' '\n' | sed "s|^|$id\t|"
	done | sort >want
	rows "$1" >got
	for f in want got; do
		# Names are easier to read than ids.
		(cd r && sha256sum in/* out/*) | while read -r id file; do
			echo "s|^$id|$file|"
		done | sed -f - $f | sort -o "$f"
	done
}
ingest() { ms-ingest --assign --own-address journal@firm.example "$@"; }

cat >all <<'END'
out/to anna/s ben/r
out/cc anna/s ben/r
out/bcc anna/s ben/r
out/expanded anna/s ben/r cleo/r
out/forwarded anna/s ben/r cleo/r
out/on-behalf anna/s ben/s cleo/r
out/m365 anna/s ben/r
out/google anna/s ben/r cleo/r
out/e2003 anna/s ben/r cleo/r
in/e2003-copy.eml anna/s cleo/r
in/e2003-bcc.eml anna/s cleo/r
out/german anna/s ben/r
out/russian anna/s ben/r
out/japanese anna/s ben/r
out/japanese-2 anna/s ben/r
out/chinese anna/s ben/r
out/arabic anna/s ben/r
out/utf16 anna/s ben/r
out/utf7 anna/s ben/r
out/line-ends anna/s ben/r
out/x500 anna/s ben/r cleo/r
out/idn anna/s ben/r
out/no-sender ben/r
out/unknown ?
out/own anna/s cleo/r
out/signed anna/s ben/r
out/signed-inside anna/s ben/r
out/base64 anna/s ben/r
out/decrypted anna/s ben/r
out/decrypted.2 anna/s ben/r
out/no-field anna/s ben/r
out/lines anna/s ben/r
out/nested ben/r
out/nested-own anna/s cleo/r
out/nested-forged.2 anna/s dora/r
in/cut.eml anna/s ben/r cleo/r
in/cut-lines.eml anna/s ben/r
in/cut-early.eml ?
in/empty.eml anna/s ben/r cleo/r
in/tnef.eml anna/s ben/r cleo/r
in/bad-base64.eml anna/s ben/r cleo/r
in/nameless.eml ?
END
