/*
 * address-set.h - a set of mail addresses, compared as ms_utf8_address_key()
 * does. ms-ingest(1), Assignment. Layer: above map.
 */
#ifndef MS_ADDRESS_SET_H
#define MS_ADDRESS_SET_H
#include "buf.h"
#include "map.h"

/* {0} is empty. */
struct ms_address_set {
	struct ms_map keys;
};
void ms_address_set_add(struct ms_address_set *s, const char *address);
/* Has the set this address, or the one without the tag of a sub-address? s:
 * NULL is empty. */
bool ms_address_set_has(const struct ms_address_set *s, const char *address);
void ms_address_set_release(struct ms_address_set *s);

/*
 * Appends an address without the tag of its sub-address (RFC 5233):
 * alice+tag@example.org becomes alice@example.org. Returns false, with out
 * unchanged, if it has none.
 */
bool ms_address_without_tag(struct ms_slice address, struct ms_buf *out);

#endif
