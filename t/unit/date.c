/* date.c - dates in mail, and conversion of times in both directions. */
#include "mail.h"

#include <stdlib.h>
#include <string.h>
#include "guarded.h"
#include "tap.h"
#include "clock.h"
#include "time.h"

static const struct {
	const char *rule, *text,
	    *want; /* result of ms_time_format(), or NULL: not a date */
} dates[] = {
    {"RFC 5322", "Fri, 20 Nov 2026 10:00:00 +0000", "2026-11-20T10:00:00Z"},
    {"a byte order mark",
	"\xef\xbb\xbf"
	"20 Nov 2026 10:00:00 +0000",
	"2026-11-20T10:00:00Z"},
    {"an encoded word that is cut", "20 Nov 2026 10:00:00 =", NULL},
    {"a zone east", "Fri, 20 Nov 2026 10:00:00 +0530", "2026-11-20T04:30:00Z"},
    {"a zone west", "Fri, 20 Nov 2026 20:00:00 -0800", "2026-11-21T04:00:00Z"},
    {"-0000", "Fri, 20 Nov 2026 10:00:00 -0000", "2026-11-20T10:00:00Z"},
    {"at midnight", "Fri, 20 Nov 2026 00:00:00 +0000", "2026-11-20T00:00:00Z"},
    {"no month", "Fri, 20 2026 10:00:00 +0000", NULL},
    {"a year counted from 1900", "Fri, 20 Nov 0100 10:00:00 +0000",
	"2000-11-20T10:00:00Z"},
    {"no weekday", "20 Nov 2026 10:00:00 +0000", "2026-11-20T10:00:00Z"},
    {"a wrong weekday", "Mon, 20 Nov 2026 10:00:00 GMT",
	"2026-11-20T10:00:00Z"},
    {"a weekday without comma", "Fri 20 Nov 2026 10:00:00 GMT",
	"2026-11-20T10:00:00Z"},
    {"a day and an hour of one digit", "1 Nov 2026 1:02:03 GMT",
	"2026-11-01T01:02:03Z"},
    {"no seconds", "20 Nov 2026 10:01 GMT", "2026-11-20T10:01:00Z"},
    {"a fraction", "20 Nov 2026 10:01:02.567 +0100", "2026-11-20T09:01:02Z"},
    {"no time", "20 Nov 2026", "2026-11-20T00:00:00Z"},
    {"no zone", "20 Nov 2026 10:00:00", "2026-11-20T10:00:00Z"},
    {"names in any case", "FRI, 20 nOV 2026 10:00:00 gmt",
	"2026-11-20T10:00:00Z"},
    {"whole names", "Friday, 20 November 2026 10:00:00 GMT",
	"2026-11-20T10:00:00Z"},
    {"Sept", "20 Sept 2026 10:00:00 GMT", "2026-09-20T10:00:00Z"},
    {"a comment after the date", "20 Nov 2026 10:00:00 +0100 (CET)",
	"2026-11-20T09:00:00Z"},
    {"a comment between any two words",
	"(a)20(b)Nov(c (d))2026(e)10(f):(g)00(h):(i)01(\\))+0000",
	"2026-11-20T10:00:01Z"},
    {"a comment that does not end", "20 Nov 2026 10:00:00 +0000 (a (b",
	"2026-11-20T10:00:00Z"},
    {"a date in a comment is ignored", "(20 Nov 2026 10:00:00 GMT)", NULL},
    {"text after the date",
	"20 Nov 2026 10:00:00 +0000; 1 2 3 Jan 4 5:6 -0700 x",
	"2026-11-20T10:00:00Z"},
    {"text before the date", "received: 20 Nov 2026 10:00:00 +0000",
	"2026-11-20T10:00:00Z"},
    {"blanks", "  Fri ,  20  Nov\t2026\r\n 10 : 00 : 01  +0000 ",
	"2026-11-20T10:00:01Z"},
    {"no blanks", "Fri,20Nov2026 10:00:00+0100", "2026-11-20T09:00:00Z"},
    {"a year of two digits", "20 Nov 26 10:00:00 GMT", "2026-11-20T10:00:00Z"},
    {"a year of two digits: 49 is 2049", "20 Nov 49 10:00:00 GMT",
	"2049-11-20T10:00:00Z"},
    {"a year of two digits: 50 is 1950", "20 Nov 50 10:00:00 GMT",
	"1950-11-20T10:00:00Z"},
    {"a year of two digits: 99 is 1999", "20 Nov 99 10:00:00 GMT",
	"1999-11-20T10:00:00Z"},
    {"a year of three digits", "20 Nov 103 10:00:00 GMT",
	"2003-11-20T10:00:00Z"},
    {"a year of three digits: 099 is 1999", "20 Nov 099 10:00:00 GMT",
	"1999-11-20T10:00:00Z"},
    {"0102 is 102 years after 1900", "Tue, 23 Jul 0102 03:26:35 +1000",
	"2002-07-22T17:26:35Z"},
    {"EST", "20 Nov 2026 10:00:00 EST", "2026-11-20T15:00:00Z"},
    {"PDT", "20 Nov 2026 10:00:00 PDT", "2026-11-20T17:00:00Z"},
    {"UT", "20 Nov 2026 10:00:00 UT", "2026-11-20T10:00:00Z"},
    {"Z", "20 Nov 2026 10:00:00 Z", "2026-11-20T10:00:00Z"},
    {"JST", "Sat, 6 Jun 92 06:21:22 JST", "1992-06-05T21:21:22Z"},
    {"MET DST", "20 Jun 1993 10:00:00 MET DST", "1993-06-20T08:00:00Z"},
    {"a letter is UTC", "20 Nov 2026 10:00:00 A", "2026-11-20T10:00:00Z"},
    {"an unknown name is UTC", "20 Nov 2026 10:00:00 XYZ",
	"2026-11-20T10:00:00Z"},
    {"a name, then an offset", "20 Sep 1995 00:19:00 EDT -0400",
	"1995-09-20T04:19:00Z"},
    {"an offset, then a name", "20 Sep 1995 00:19:00 -0400 EST",
	"1995-09-20T04:19:00Z"},
    {"GMT and an offset", "20 Nov 2026 10:00:00 GMT+0200",
	"2026-11-20T08:00:00Z"},
    {"GMT and an hour", "20 Nov 2026 10:00:00 GMT+1", "2026-11-20T09:00:00Z"},
    {"an offset with colon", "20 Nov 2026 10:00:00 +02:30",
	"2026-11-20T07:30:00Z"},
    {"an offset of three digits", "20 Nov 2026 10:00:00 -500",
	"2026-11-20T15:00:00Z"},
    {"an offset of two digits", "20 Nov 2026 10:00:00 -05",
	"2026-11-20T15:00:00Z"},
    {"an offset without sign", "20 Nov 2026 10:00:00 0200",
	"2026-11-20T08:00:00Z"},
    {"two signs", "24 Sep 2002 10:39:13 +-0500", "2002-09-24T15:39:13Z"},
    {"an offset of 60 minutes is ignored", "20 Nov 2026 10:00:00 -0060",
	"2026-11-20T10:00:00Z"},
    {"an offset of 24 hours is ignored", "20 Nov 2026 10:00:00 +2400",
	"2026-11-20T10:00:00Z"},
    {"a huge offset is ignored", "20 Nov 2026 10:00:00 +9999999999",
	"2026-11-20T10:00:00Z"},
    {"AM", "29 May 2019 06:09:22 AM GMT", "2019-05-29T06:09:22Z"},
    {"PM", "29 May 2019 06:09:22 PM EDT", "2019-05-29T22:09:22Z"},
    {"12 AM", "29 May 2019 12:09:22 AM", "2019-05-29T00:09:22Z"},
    {"12 PM", "29 May 2019 12:09:22 pm", "2019-05-29T12:09:22Z"},
    {"15 PM", "14 Nov 2001 15:09:52 PM -0000", "2001-11-14T15:09:52Z"},
    {"asctime", "Fri Nov 20 10:00:00 2026", "2026-11-20T10:00:00Z"},
    {"asctime with a day of one digit", "Sun Nov  1 10:00:00 2026",
	"2026-11-01T10:00:00Z"},
    {"asctime with a zone", "Fri Nov 20 10:00:00 PST 2026",
	"2026-11-20T18:00:00Z"},
    {"asctime with an offset", "Fri Nov 20 10:00:00 -0700 2026",
	"2026-11-20T17:00:00Z"},
    {"asctime with an offset after the year", "Fri Nov 20 10:00:00 2026 +0100",
	"2026-11-20T09:00:00Z"},
    {"asctime with a year of two digits", "Fri Nov 20 10:00:00 26",
	"2026-11-20T10:00:00Z"},
    {"asctime without seconds", "Fri Nov 20 10:00 2026",
	"2026-11-20T10:00:00Z"},
    {"American words", "November 20, 2026 10:00:00 GMT",
	"2026-11-20T10:00:00Z"},
    {"INTERNALDATE", " 1-Nov-2026 10:00:00 +0100", "2026-11-01T09:00:00Z"},
    {"RFC 850", "Friday, 20-Nov-26 10:00:00 GMT", "2026-11-20T10:00:00Z"},
    {"ISO 8601", "2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"},
    {"ISO with an offset", "2026-11-20T10:00:00+01:00", "2026-11-20T09:00:00Z"},
    {"ISO with a fraction", "2026-11-20T10:00:00.123-0500",
	"2026-11-20T15:00:00Z"},
    {"ISO with a blank", "2026-11-20 10:00:00", "2026-11-20T10:00:00Z"},
    {"ISO without time", "2026-11-20", "2026-11-20T00:00:00Z"},
    {"slashes and a weekday", "2002/09/14 Sat 13:06:03 CDT",
	"2002-09-14T18:06:03Z"},
    {"dots, day first", "20.11.2026 10:00:00", "2026-11-20T10:00:00Z"},
    {"dots always mean day first", "01.02.2026", "2026-02-01T00:00:00Z"},
    {"dots in the time", "20 Nov 2026 10.00.01", "2026-11-20T10:00:01Z"},
    {"slashes, day first", "20/11/2026", "2026-11-20T00:00:00Z"},
    {"slashes, month first", "11/20/2026", "2026-11-20T00:00:00Z"},
    {"slashes, and day and month are equal", "11/11/2026",
	"2026-11-11T00:00:00Z"},
    {"slashes, and day and month could be exchanged", "11/12/2026 10:00:00",
	NULL},
    {"two marks in a date", "2026-11/20 10:00:00", NULL},
    {"a day of three digits", "020.11.2026", NULL},
    {"a year of three digits", "20/11/202", NULL},
    {"a month of three digits", "2026-011-20", NULL},
    {"month 12 is a month", "12/13/2026", "2026-12-13T00:00:00Z"},
    {"day 13 is no month", "13/12/2026", "2026-12-13T00:00:00Z"},
    {"slashes, and both numbers can be months", "12/11/2026", NULL},
    {"dots, day 13", "13.12.2026", "2026-12-13T00:00:00Z"},
    {"a minute of three digits", "20 Nov 2026 10:000:00 GMT",
	"2026-11-20T00:00:00Z"},
    {"a second of three digits", "20 Nov 2026 10:00:007 GMT",
	"2026-11-20T10:00:00Z"},
    {"an hour alone", "20 Nov 2026 10", "2026-11-20T00:00:00Z"},
    {"two dots are no time", "20 Nov 2026 10.30", "2026-11-20T00:00:00Z"},
    {"the time first", "10:00:00 PM, 20 Nov 2026", "2026-11-20T22:00:00Z"},
    {"PM after a colon", "20 Nov 2026 10:20:PM", "2026-11-20T22:20:00Z"},
    {"a year after a fraction", "20 Nov 10:01:02.567 2026",
	"2026-11-20T10:01:02Z"},
    {"a year after a fraction and a zone", "20 Nov 10:01:02.567 EST 2026",
	"2026-11-20T15:01:02Z"},
    {"a year after a time with dots", "20 Nov 10.00.01 2026",
	"2026-11-20T10:00:01Z"},
    {"month 0 in digits, and a name", "2026-00-05 Jan 10:00", NULL},
    {"two times", "20 Nov 2026 10:00:01 11:00:02", "2026-11-20T10:00:01Z"},
    {"an offset with a colon and one digit of hours", "20 Nov 2026 10:00 +5:30",
	"2026-11-20T04:30:00Z"},
    {"an offset of 59 minutes", "20 Nov 2026 10:00 +0059",
	"2026-11-20T09:01:00Z"},
    {"an offset of 23 hours", "20 Nov 2026 10:00 +2300",
	"2026-11-19T11:00:00Z"},
    {"EDT", "20 Nov 2026 10:00:00 EDT", "2026-11-20T14:00:00Z"},
    {"CST", "20 Nov 2026 10:00:00 CST", "2026-11-20T16:00:00Z"},
    {"AEDT", "20 Nov 2026 10:00:00 AEDT", "2026-11-19T23:00:00Z"},
    {"DST after an offset", "20 Jun 2026 10:00 +0100 DST",
	"2026-06-20T09:00:00Z"},
    {"29 Feb", "29 Feb 2024 10:00:00 GMT", "2024-02-29T10:00:00Z"},
    {"29 Feb 2000", "29 Feb 2000 10:00:00 GMT", "2000-02-29T10:00:00Z"},
    {"no 29 Feb", "29 Feb 2023 10:00:00 GMT", NULL},
    {"no 29 Feb 2100", "29 Feb 2100 10:00:00 GMT", NULL},
    {"no 31 Apr", "31 Apr 2026 10:00:00 GMT", NULL},
    {"no 0 Jan", "Wed, 0 Jan 2009 17:59:37 -0500", NULL},
    {"no 32 Jan", "Fri, 32 Jan 2008 19:24:01 +0800", NULL},
    {"no 13th month", "2026-13-01", NULL},
    {"no hour 24", "20 Nov 2026 24:00:00 GMT", NULL},
    {"no minute 60", "20 Nov 2026 10:60:00 GMT", NULL},
    {"a leap second", "31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00Z"},
    {"no second 61", "31 Dec 2016 23:59:61 GMT", NULL},
    {"the first valid year", "1 Jan 1900 00:00:00 GMT", "1900-01-01T00:00:00Z"},
    {"no year before 1900", "31 Dec 1899 23:59:59 GMT", NULL},
    {"not the year 1 of .NET", "1 Jan 0001 00:00:00 +0000", NULL},
    {"the last valid year", "31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59Z"},
    {"no year after 9999", "1 Jan 10000 00:00:00 GMT", NULL},
    {"a year too large for any integer",
	"1 Jan 99999999999999999999 00:00:00 GMT", NULL},
    {"no month", "Fri, 20 2026 10:00:00 GMT", NULL},
    {"no day", "Nov 2026 10:00:00 GMT", NULL},
    {"no year", "Fri, 20 Nov 10:00:00 GMT", NULL},
    {"an encoded word, Q",
	"=?utf-8?Q?Mon,_16_Oct_2023_16:18:56_+0000?=", "2023-10-16T16:18:56Z"},
    {"an encoded word without zone",
	"=?iso-8859-1?Q?16_Oct_2023_16:18:56?=", "2023-10-16T16:18:56Z"},
    {"an encoded word with escapes",
	"=?utf-8?q?Sat=2C_01_Sep_2012_13=3A08=3A29_-0300?=",
	"2012-09-01T16:08:29Z"},
    {"an encoded word, B",
	"=?us-ascii?B?MTYgT2N0IDIwMjMgMTY6MTg6NTY=?=", "2023-10-16T16:18:56Z"},
    {"two encoded words",
	"=?utf-8?Q?Mon,_16_Oct?= =?utf-8?Q?_2023_16:18:56_+0200?=",
	"2023-10-16T14:18:56Z"},
    {"an encoded word in the middle",
	"Mon, 16 =?utf-8?Q?Oct?= 2023 16:18:56 +0000", "2023-10-16T16:18:56Z"},
    {"an encoded word that does not end",
	"=?utf-8?Q?Mon,_16_Oct_2023_16:18:56_+0000", NULL},
    {"an encoded word with an unknown encoding",
	"=?utf-8?X?16_Oct_2023_16:18:56?=", NULL},
    {"quoted-printable without a word", "Mon,=2016=20Oct=202023=2016:18:56",
	NULL},
    {"RFC 2231", "UTF-8''Mon%2C%2016%20Oct%202023%2016:18:56", NULL},
    {"p. m.", "16/10/2023 04:18:56 p. m.", "2023-10-16T16:18:56Z"},
    {"a. m.", "16/10/2023 04:18:56 a. m.", "2023-10-16T04:18:56Z"},
    {"12 a. m.", "16/10/2023 12:18:56 a. m.", "2023-10-16T00:18:56Z"},
    {"p.m.", "16 Oct 2023 04:18:56 p.m.", "2023-10-16T16:18:56Z"},
    {"P.M. and a zone", "16 Oct 2023 04:18:56 P.M. EST",
	"2023-10-16T21:18:56Z"},
    {"p. m. with a no-break space", "16/10/2023 04:18:56 p.\xc2\xa0m.",
	"2023-10-16T16:18:56Z"},
    {"the same in windows-1252", "16/10/2023 04:18:56 p.\xa0m.",
	"2023-10-16T16:18:56Z"},
    {"PM after a narrow space", "Oct 16, 2023, 4:18:56\xe2\x80\xafPM",
	"2023-10-16T16:18:56Z"},
    {"marks of direction",
	"\xe2\x80\x8e"
	"10/16/2023 \xe2\x80\x8e"
	"4:18:56 PM",
	"2023-10-16T16:18:56Z"},
    {"Greek", "16/10/2023 4:18:56 \xce\xbc.\xce\xbc.", "2023-10-16T16:18:56Z"},
    {"Chinese",
	"2023\xe5\xb9\xb4"
	"10\xe6\x9c\x88"
	"16\xe6\x97\xa5 "
	"\xe4\xb8\x8b\xe5\x8d\x88"
	"4:18:56",
	"2023-10-16T16:18:56Z"},
    {"Japanese",
	"2023\xe5\xb9\xb4"
	"10\xe6\x9c\x88"
	"16\xe6\x97\xa5"
	"(\xe6\x9c\x88) 16:18:56 +0900",
	"2023-10-16T07:18:56Z"},
    {"Japanese hours",
	"2023\xe5\xb9\xb4"
	"10\xe6\x9c\x88"
	"16\xe6\x97\xa5"
	"16\xe6\x99\x82"
	"18\xe5\x88\x86"
	"56\xe7\xa7\x92",
	"2023-10-16T16:18:56Z"},
    {"Korean",
	"2023\xeb\x85\x84 10\xec\x9b\x94 16\xec\x9d\xbc "
	"\xec\x98\xa4\xed\x9b\x84 4:18:56",
	"2023-10-16T16:18:56Z"},
    {"German", "16.10.2023 04:18:56 nachm.", "2023-10-16T16:18:56Z"},
    {"Vietnamese", "16/10/2023 4:18:56 CH", "2023-10-16T16:18:56Z"},
    {"Turkish", "16.10.2023 4:18:56 \xc3\x96S", "2023-10-16T16:18:56Z"},
    {"a half of the day in Arabic", "16/10/2023 04:18:56 \xd9\x85", NULL},
    {"a letter that is not Latin in a word", "16/10/2023 04:18:56 X\xd9\x85",
	NULL},
    {"a", "16/10/2023 04:18:56 a", NULL},
    {"an hour after 12 does not need the half of the day",
	"16/10/2023 16:18:56 \xd9\x85", "2023-10-16T16:18:56Z"},
    {"a half of the day in an unknown language", "16/10/2023 04:18:56 du.",
	NULL},
    {"am is a preposition", "am 16. Oktober 2023 um 12:18:56",
	"2023-10-16T12:18:56Z"},
    {"an hour's h", "16 Oct 2023 04:18h", "2023-10-16T04:18:00Z"},
    {"an h for the colon", "Fri, 20 Nov 2026 10h05 +0100",
	"2026-11-20T09:05:00Z"},
    {"an H for the colon, and a half of the day", "20 Nov 2026 3H05 PM",
	"2026-11-20T15:05:00Z"},
    {"an h after a day is no colon", "20h 11 2026", NULL},
    {"ISO without marks", "20261120T100000Z", "2026-11-20T10:00:00Z"},
    {"a minus of typography",
	"Fri, 20 Nov 2026 10:00:00 \xe2\x88\x92"
	"0500",
	"2026-11-20T15:00:00Z"},
    {"a no-break space before the zone",
	"Fri, 20 Nov 2026 10:00:00\xc2\xa0+0100", "2026-11-20T09:00:00Z"},
    {"the name of the field", "Date: Fri, 20 Nov 2026 10:00:00 +0000",
	"2026-11-20T10:00:00Z"},
    {"quotes", "\"Fri, 20 Nov 2026 10:00:00 +0000\"", "2026-11-20T10:00:00Z"},
    {"two dates",
	"Fri, 20 Nov 2026 10:00:00 +0000, Sat, 21 Nov 2026 10:00:00 +0000",
	"2026-11-20T10:00:00Z"},
    {"a zone with both names", "20 Nov 2026 10:00:00 EST5EDT",
	"2026-11-20T15:00:00Z"},
    {"UTC and an hour", "20 Nov 2026 10:00:00 UTC-5", "2026-11-20T15:00:00Z"},
    {"an offset with seconds", "20 Nov 2026 10:00:00 +01:00:00",
	"2026-11-20T09:00:00Z"},
    {"a name of a zone in words", "20 Nov 2026 10:00:00 Eastern Standard Time",
	"2026-11-20T10:00:00Z"},
    {"an at sign before the time", "Fri, 20 Nov 2026 @ 10:00 PM",
	"2026-11-20T22:00:00Z"},
    {"the offset before the date", "10:00:00 20 Nov 2026 +0100",
	"2026-11-20T09:00:00Z"},
    {"Portuguese October", "20 out 2026 10:00", "2026-10-20T10:00:00Z"},
    {"Polish, which is not known", "20 kwi 2026 10:00", NULL},
    {"a week", "2026-W47-5", NULL},
    {"a day of the year", "2026-324", NULL},
    {"a year of five digits", "Fri, 20 Nov 20260 10:00:00 +0000", NULL},
    {"the number 0", "0", NULL},
    {"dots and a year of two digits", "20.11.26 10:00", NULL},
    {"a small z", "16 Oct 2023 04:18:56z", "2023-10-16T04:18:56Z"},
    {"German months", "Do, 5 Okt 2023 10:00:00 +0200", "2023-10-05T08:00:00Z"},
    {"a German accent", "1 M\xc3\xa4r 2023 10:00:00 +0100",
	"2023-03-01T09:00:00Z"},
    {"the same in windows-1252", "1 M\xe4rz 2023 10:00:00 +0100",
	"2023-03-01T09:00:00Z"},
    {"French months", "mer., 1 f\xc3\xa9vr. 2023 10:00:00 +0100",
	"2023-02-01T09:00:00Z"},
    {"a French August", "1 ao\xc3\xbbt 2023 10:00:00 +0200",
	"2023-08-01T08:00:00Z"},
    {"a French December",
	"1 d\xe9"
	"cembre 2023 10:00:00 +0100",
	"2023-12-01T09:00:00Z"},
    {"a French Tuesday, which begins like March",
	"mar. 17 oct. 2023 10:00:00 +0200", "2023-10-17T08:00:00Z"},
    {"a Spanish Tuesday", "mar, 17 ene 2023 10:00:00 +0100",
	"2023-01-17T09:00:00Z"},
    {"an Italian Tuesday", "mar, 17 ott 2023 10:00:00 +0200",
	"2023-10-17T08:00:00Z"},
    {"a Tuesday and a month that is not known",
	"mar, 17 xyz 2023 10:00:00 +0200", NULL},
    {"March is March", "Mar 17 10:00:00 EST 2026", "2026-03-17T15:00:00Z"},
    {"and so is a Tuesday in it", "mar, 14 mar 2023 10:00:00 +0100",
	"2023-03-14T09:00:00Z"},
    {"after the day of the month, mar is March",
	"14 mar abr 2023 10:00:00 +0100", "2023-03-14T09:00:00Z"},
    {"Spanish in words", "16 de octubre de 2023, 16:18:56",
	"2023-10-16T16:18:56Z"},
    {"Portuguese months", "16 out 2023 10:00:00 -0300", "2023-10-16T13:00:00Z"},
    {"Finnish November", "16 marraskuu 2023 10:00:00", NULL},
    {"Russian months", "16 \xd0\xbe\xd0\xba\xd1\x82 2023 10:00:00", NULL},
    {"June or July", "16 jui 2023 10:00:00", NULL},
    {"a misspelt month", "16 Septmber 2023 10:00:00 GMT",
	"2023-09-16T10:00:00Z"},
    {"seconds since the epoch", "1697473136", "2023-10-16T16:18:56Z"},
    {"seconds since the epoch, with nine digits", "978307200",
	"2001-01-01T00:00:00Z"},
    {"seconds since the epoch, after an at sign", "@1697473136",
	"2023-10-16T16:18:56Z"},
    {"seconds since the epoch, with a fraction", "1697473136.25",
	"2023-10-16T16:18:56Z"},
    {"seconds since the epoch and a zone, as in git", "1697473136 +0200",
	"2023-10-16T16:18:56Z"},
    {"milliseconds since the epoch", "1697473136789", "2023-10-16T16:18:56Z"},
    {"a number of eleven digits", "16974731367", NULL},
    {"a number with a zero before it", "0697473136", NULL},
    {"a number with text", "1697473136 apples", NULL},
    {"a number with two others", "1697473136 +0200 5", NULL},
    {"a number with a slash", "1697473136/2", NULL},
    {"a number after a minus", "-1697473136", NULL},
    {"eight digits that are no date", "97833120", NULL},
    {"a number of fourteen digits that is no date", "16974731367899", NULL},
    {"compact", "20231016161856", "2023-10-16T16:18:56Z"},
    {"ISO, compact", "20231016T161856Z", "2023-10-16T16:18:56Z"},
    {"ISO, compact, without time", "20231016", "2023-10-16T00:00:00Z"},
    {"eight digits, day first", "16102023", NULL},
    {"-0480", "20 Nov 2026 10:00:00 -0480", "2026-11-20T10:00:00Z"},
    {"JavaScript", "Mon Oct 16 2023 16:18:56 GMT-0700 (Pacific Daylight Time)",
	"2023-10-16T23:18:56Z"},
    {"digits of full width",
	"\xef\xbc\x92\xef\xbc\x90\xef\xbc\x92\xef\xbc\x93-10-16",
	"2023-10-16T00:00:00Z"},
    {"nothing", "", NULL},
    {"words", "the day before yesterday", NULL},
    {"marks", "::--++//..", NULL},
};

static void
test_dates(void)
{
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		char got[21] = "no date";
		int64_t t = 4711;
		bool found =
		    ms_mail_date(guarded(ms_slice_str(dates[i].text)), &t);

		if (found)
			ms_time_format(t, got);
		ok(dates[i].want == NULL
			? !found && t == 4711
			: found && strcmp(got, dates[i].want) == 0,
		    "date: %s: %s", dates[i].rule, got);
	}
	/* A NUL is ignored like any other text. */
	{
		static const char text[] = "20 Nov\0 2026 10:00:07 GMT";
		struct ms_slice s = {
		    (const unsigned char *)text, sizeof(text) - 1};
		int64_t t = 0;

		ok(ms_mail_date(s, &t) && t == 1795168807, "date: a NUL in it");
	}
}

static const struct {
	const char *text;
	int64_t want;
} good[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01T00:00Z", 0},
    {"1969-12-31T23:59:59Z", -1},
    {"2026-11-20T10:00:00Z", 1795168800},
    {"2026-11-20T10:00:00+00:00", 1795168800},
    {"2026-11-20T10:00-00:00", 1795168800},
    {"2000-02-29T12:34:56Z", 951827696},
    {"0000-01-01T00:00:00Z", -62167219200},
    {"9999-12-31T23:59:59Z", 253402300799},
    {"2038-01-19T03:14:08Z", 2147483648},
};

static const char *const bad[] = {"", "2026", "2026-11-20", "2026-11-20T10Z",
    "2026-11-20T10:00:00", "2026-11-20 10:00:00Z", "2026-11-20t10:00:00Z",
    "2026-11-20T10:00:00z", "2026-11-20T10:00:00Z ", " 2026-11-20T10:00:00Z",
    "2026-11-20T10:00:00+01:00", "2026-11-20T10:00:00+0000",
    "2026-11-20T10:00:00.0Z", "2026-13-20T10:00:00Z", "2026-00-20T10:00:00Z",
    "2026-02-30T10:00:00Z", "2026-11-00T10:00:00Z", "2026-11-20T24:00:00Z",
    "2026-11-20T10:60:00Z", "2026-11-20T10:00:61Z", "26-11-20T10:00:00Z",
    "+026-11-20T10:00:00Z", "2026-11-20T10:00:Z", "20261120T100000Z"};

static void
test_parse(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int64_t t = 4711;

		ok(ms_time_parse(good[i].text, &t) && t == good[i].want,
		    "moment: %s", good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t t = 4711;

		ok(!ms_time_parse(bad[i], &t) && t == 4711, "no moment: \"%s\"",
		    bad[i]);
	}
}

/* Compares the calendar with a count of every day of 10,000 years. */
static void
test_calendar(void)
{
	static const int lengths[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t t = -62167219200 + 3723; /* 01:02:03 */
	bool good_split = true, good_join = true, good_ok = true;

	for (int year = 0; year <= 9999; year++) {
		for (int month = 1; month <= 12; month++) {
			bool leap = year % 4 == 0 &&
				    (year % 100 != 0 || year % 400 == 0);
			int last = lengths[month - 1] + (month == 2 && leap);

			for (int day = 1; day <= last; day++, t += 86400) {
				struct ms_civil c;

				ms_time_split(t, &c);
				good_split = good_split && c.year == year &&
					     c.month == month && c.day == day &&
					     c.hour == 1 && c.minute == 2 &&
					     c.second == 3;
				good_join = good_join && ms_time_join(&c) == t;
				good_ok = good_ok && ms_civil_ok(&c);
				c.day = (uint8_t)(last + 1);
				good_ok = good_ok && !ms_civil_ok(&c);
			}
		}
	}
	ok(good_split, "every day of 10,000 years is split");
	ok(good_join, "they are put together again");
	ok(good_ok, "no month has one day more");
}

/* Names in any case are found; only three letters count. */
static const struct {
	const char *names, *text;
	int want;
} names[] = {{ms_month_names, "Jan", 0}, {ms_month_names, "dEC", 11},
    {ms_month_names, "August", 7}, {ms_month_names, "anF", -1},
    {ms_month_names, "Ma", -1}, {ms_month_names, "", -1},
    {ms_month_names, "\rAN", -1}, {ms_month_names, "J\x01N", -1},
    {ms_weekday_names, "sun", 0}, {ms_weekday_names, "SAT", 6},
    {ms_weekday_names, "Jan", -1}};

static void
test_names(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ok(ms_time_name(names[i].names, names[i].text) == names[i].want,
		    "name %zu: %d", i, names[i].want);
}

static void
test_clock(void)
{
	int64_t before = ms_clock_ms();
	struct timespec t = ms_clock_timespec(61234);

	ok(before > 0 && ms_clock_ms() >= before, "the clock does not go back");
	ok(t.tv_sec == 61 && t.tv_nsec == 234000000, "61,234 ms as a timespec");
}

static void
test_format(void)
{
	char s[25];

	ms_time_format(INT64_MIN, s);
	ok(strcmp(s, "0000-01-01T00:00:00Z") == 0, "before all years: %s", s);
	ms_time_format(INT64_MAX, s);
	ok(strcmp(s, "9999-12-31T23:59:59Z") == 0, "after all years: %s", s);
	ms_time_asctime(0, s);
	ok(strcmp(s, "Thu Jan  1 00:00:00 1970") == 0, "asctime: %s", s);
	ms_time_asctime(1795168800, s);
	ok(strcmp(s, "Fri Nov 20 10:00:00 2026") == 0, "asctime: %s", s);
	ms_time_asctime(-62167219200, s);
	ok(strcmp(s, "Sat Jan  1 00:00:00 0000") == 0, "asctime: %s", s);
	ms_time_asctime(-1, s);
	ok(strcmp(s, "Wed Dec 31 23:59:59 1969") == 0, "asctime: %s", s);
}

int
main(void)
{
	test_dates();
	test_parse();
	test_calendar();
	test_names();
	test_clock();
	test_format();
	return done();
}
