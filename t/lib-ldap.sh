# shellcheck shell=sh
# lib-ldap.sh - starts a real slapd on free loopback ports. Sourced after lib.sh
# and lib-imap.sh, whose certificates it uses.
#   ldap_start      needs ldap/entries.ldif (suffix dc=x), starts slapd, or fails
#   ldap_plain, ldap_tls      its ports, of ldap: and ldaps:
#   ldap_stop       stops slapd
#   $ldap_extra     lines of slapd.conf for the database
#   ldap_load       replaces what it has by ldap/entries.ldif; ldap_run starts it
# shellcheck disable=SC2154 # variables of lib.sh and lib-imap.sh
ldap_pid=
PATH=$PATH:/usr/sbin

ldap_stop() {
	[ -z "$ldap_pid" ] || { kill "$ldap_pid" && wait "$ldap_pid"; }
	ldap_pid=
} 2>/dev/null

ldap_config() {
	cat <<-END
		include /etc/ldap/schema/core.schema
		include /etc/ldap/schema/cosine.schema
		include /etc/ldap/schema/inetorgperson.schema
		include /etc/ldap/schema/nis.schema
		${ldap_schema-}
		pidfile $scratch/ldap/pid
		TLSCertificateFile $imap_root/good.pem
		TLSCertificateKeyFile $imap_root/good.key
		TLSCACertificateFile $imap_ca
		modulepath /usr/lib/ldap
		moduleload back_mdb
		moduleload ppolicy
		sizelimit ${ldap_limit-unlimited}
		database mdb
		suffix "dc=x"
		directory $scratch/ldap/db
		maxsize 268435456
		rootdn "cn=root,dc=x"
		rootpw root
		overlay ppolicy
		${ldap_extra-}
	END
}

# Starts slapd with what the database has.
ldap_run() {
	ldap_config >ldap/slapd.conf
	ldap/slapd -f ldap/slapd.conf -d 0 -h \
		"ldap://127.0.0.1:$ldap_plain ldaps://127.0.0.1:$ldap_tls ldap://127.0.0.2:$ldap_plain ldaps://127.0.0.2:$ldap_tls" \
		>>ldap/log 2>&1 &
	ldap_pid=$!
	started $ldap_pid ldap/log listening "$ldap_plain"
}

# Replaces the database by ldap/entries.ldif.
ldap_load() {
	rm -rf ldap/db && mkdir ldap/db && ldap_config >ldap/slapd.conf &&
		ldap/slapadd -q -f ldap/slapd.conf -l ldap/entries.ldif >ldap/load 2>&1
}

ldap_start() {
	# On Debian, AppArmor can restrict slapd, but not a copy of the program.
	[ -e ldap/slapd ] || { cp "$(command -v slapd)" ldap/slapd && ln -s slapd ldap/slapadd; }
	ldap_plain=$(imap_free_port) ldap_tls=$(imap_free_port)
	ldap_load || { note "$(tail -n 3 ldap/load)" && return 1; }
	ldap_run
}
