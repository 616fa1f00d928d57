/* parties.c - the senders and recipients of a message. */
#include "parties.h"

#include <string.h>

#include "mail.h"

struct row {
	enum ms_party_role role;
	size_t address; /* in the text */
	const char *why;
};

static bool
address_ok(struct ms_slice address)
{
	if (address.n == 0 || address.n > MS_ADDRESS_MAX)
		return false;
	for (size_t i = 0; i < address.n; i++)
		if (address.p[i] < ' ' || address.p[i] == 0x7f)
			return false;
	return true;
}

void
ms_parties_add(struct ms_parties *p, enum ms_party_role role,
    struct ms_slice address, const char *why)
{
	struct row row = {role, p->text.n, why};

	if (!address_ok(address))
		return;
	if (p->n == MS_PARTIES_MAX) {
		p->dropped++;
		return;
	}
	ms_buf_add(&p->text, address.p, address.n);
	ms_buf_add_byte(&p->text, '\0');
	ms_buf_add(&p->rows, &row, sizeof(row));
	p->n++;
}

struct ms_party
ms_parties_at(const struct ms_parties *p, size_t i)
{
	struct row row;

	memcpy(&row, p->rows.p + i * sizeof(row), sizeof(row));
	return (struct ms_party){
	    row.role, (const char *)p->text.p + row.address, row.why};
}

void
ms_parties_clear(struct ms_parties *p)
{
	ms_buf_clear(&p->text);
	ms_buf_clear(&p->rows);
	p->n = p->dropped = 0;
}

void
ms_parties_release(struct ms_parties *p)
{
	ms_buf_release(&p->text);
	ms_buf_release(&p->rows);
	*p = (struct ms_parties){0};
}
