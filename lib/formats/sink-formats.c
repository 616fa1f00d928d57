/* sink-formats.c - the table of formats. */
#include "sink.h"

#include <string.h>

#include "sink-impl.h"

static const struct ms_sink_format *const formats[] = {
    &ms_sink_stream, &ms_sink_mboxrd, &ms_sink_eml};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct ms_sink_format *
ms_sink_format(const char *name)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}
