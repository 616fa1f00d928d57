/* account-json.c - writes privileges as JSON. ms-archive(5), EVENT. */
#include "account-impl.h"

json_t *
ms_privileges_json(unsigned privileges)
{
	json_t *list = json_array();
	struct ms_buf b = {0};
	unsigned bit;

	for (bit = 1; bit <= privileges; bit <<= 1) {
		if ((privileges & bit) == 0)
			continue;
		ms_buf_clear(&b);
		ms_privileges_write(&b, bit, ' ');
		json_array_append_new(list, json_string(ms_buf_str(&b)));
	}
	ms_buf_release(&b);
	return list;
}
