/*
 * date-words.c - words in dates: months, zones and halves of the day, in
 * English and in the languages that programs use by mistake. RFC 5322, 4.3;
 * ms-quirks(7), Dates.
 */
#include "date-impl.h"
#include "time.h"

#include <string.h>
#include <strings.h>

/* ---- months ---- */

/*
 * The first four letters of the names in English, French, German, Spanish,
 * Italian, Portuguese, Dutch, Romanian and the Scandinavian languages, without
 * accents. The 3rd column of a name of three letters is a blank.
 */
static const char *const months[] = {
    "janu janv jane jann genn ener ianu ",
    "febr febu fevr feve ",
    "marc mars marz maer maar mart mrt  ",
    "apri avri abri ",
    "may  mayo mai  maio magg mei  maj  ",
    "june juni juin junh giug iuni ",
    "july juli juil julh lugl iuli ",
    "augu aout agos ",
    "sept sete sett ",
    "octo octu okto otto outu ",
    "nove novi noie ",
    "dece deze dese dici ",
};

/* Whether a name of the list begins with the n bytes at p. */
static bool
is_listed(const char *list, const char *p, size_t n)
{
	for (; *list != '\0'; list += 5)
		if (strncasecmp(list, p, n) == 0)
			return true;
	return false;
}

int
ms_date_month(struct ms_slice word)
{
	const char *p = (const char *)word.p;
	size_t n = word.n < 4 ? word.n : 4;
	int month = 0;

	if (word.n < 3)
		return 0;
	if (word.n == 3) { /* mostly these, which need no search */
		month = ms_time_name(ms_month_names, p) + 1;
		if (month > 0 || ms_time_name(ms_weekday_names, p) >= 0)
			return month;
	}
	for (int i = 0; i < 12; i++) {
		if (!is_listed(months[i], p, n))
			continue;
		if (month != 0)
			return 0; /* "jui" is juin or juillet */
		month = i + 1;
	}
	return month;
}

/* ---- zones ---- */

/*
 * Names of zones: those of RFC 5322, 4.3, and common names with only one
 * meaning. Single letters mean UTC, because RFC 822 defined their signs
 * wrongly.
 */
bool
ms_date_zone(struct ms_slice word, int *zone)
{
	static const struct {
		char name[5];
		int16_t minutes;
	} zones[] = {{"UT", 0}, {"UTC", 0}, {"GMT", 0}, {"EST", -300},
	    {"EDT", -240}, {"CST", -360}, {"CDT", -300}, {"MST", -420},
	    {"MDT", -360}, {"PST", -480}, {"PDT", -420}, {"AKST", -540},
	    {"AKDT", -480}, {"HST", -600}, {"AST", -240}, {"ADT", -180},
	    {"NST", -210}, {"NDT", -150}, {"WET", 0}, {"WEST", 60}, {"BST", 60},
	    {"CET", 60}, {"CEST", 120}, {"MET", 60}, {"MEST", 120}, {"MEZ", 60},
	    {"MESZ", 120}, {"EET", 120}, {"EEST", 180}, {"MSK", 180},
	    {"MSD", 240}, {"HKT", 480}, {"SGT", 480}, {"JST", 540},
	    {"KST", 540}, {"AEST", 600}, {"AEDT", 660}, {"NZST", 720},
	    {"NZDT", 780}};

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		if (!ms_slice_is(word, zones[i].name))
			continue;
		*zone = zones[i].minutes * 60;
		return true;
	}
	return false;
}

/* ---- halves of the day ---- */

/*
 * Those of the locales of Windows and ICU: English; German and Afrikaans
 * (vorm., nachm., vm., nm.); Swedish and Norwegian (fm, em); Finnish (ap.,
 * ip.); Vietnamese (SA, CH); Turkish, without the accents (OO, OS).
 */
enum ms_half_day
ms_date_half(struct ms_slice word)
{
	static const char *const am[] = {
	    "am", "vorm", "vormittags", "vm", "fm", "ap", "sa", "oo"};
	static const char *const pm[] = {
	    "pm", "nachm", "nachmittags", "nm", "em", "ip", "ch", "os"};

	for (size_t i = 0; i < sizeof(am) / sizeof(am[0]); i++)
		if (ms_slice_is(word, am[i]))
			return MS_HALF_AM;
	for (size_t i = 0; i < sizeof(pm) / sizeof(pm[0]); i++)
		if (ms_slice_is(word, pm[i]))
			return MS_HALF_PM;
	return MS_HALF_UNKNOWN;
}
