/*
 * date-impl.h - what the files that read dates share. ms-quirks(7), Dates.
 * Layer: private to mail.
 */
#ifndef MS_DATE_IMPL_H
#define MS_DATE_IMPL_H
#include "impl.h"

#define MS_DATE_TEXT_MAX 512 /* bytes; the rest of a longer text is ignored */

/*
 * A letter in the text of a date that is none of ASCII: what it stands for is
 * not known.
 */
#define MS_DATE_LETTER 1

/*
 * Returns the text of a date in ASCII: encoded words are decoded, letters lose
 * their accents, and signs such as those for year and month become marks. Other
 * letters become MS_DATE_LETTER. The result is text itself if that is ASCII
 * without encoded words, else it is in buf.
 */
struct ms_slice ms_date_text(
    struct ms_slice text, unsigned char buf[MS_DATE_TEXT_MAX]);

/*
 * Returns the month, 1..12, that a word names in a language of western Europe;
 * 0: none. Three letters are enough, and of a longer word the first four count.
 */
int ms_date_month(struct ms_slice word);
/* Finds the zone that a word names; *zone receives seconds east of UTC. */
bool ms_date_zone(struct ms_slice word, int *zone);

enum ms_half_day {
	MS_HALF_UNKNOWN,
	MS_HALF_AM,
	MS_HALF_PM
};
/* The half of the day that a word next to a time stands for. */
enum ms_half_day ms_date_half(struct ms_slice word);

#endif
