/*
 * codepage.c - the character sets of Windows code pages.
 */
#include "item.h"

const char *
ms_mapi_charset(unsigned codepage)
{
	static const struct {
		unsigned codepage;
		const char *name;
	} table[] = {{437, "IBM437"}, {737, "CP737"}, {775, "CP775"},
	    {850, "IBM850"}, {852, "IBM852"}, {857, "IBM857"},
	    {858, "IBM00858"}, {862, "IBM862"}, {864, "IBM864"},
	    {866, "IBM866"}, {874, "windows-874"}, {932, "Shift_JIS"},
	    {936, "GBK"}, {949, "EUC-KR"}, {950, "Big5"}, {1200, "UTF-16LE"},
	    {1201, "UTF-16BE"}, {1250, "windows-1250"}, {1251, "windows-1251"},
	    {1252, "windows-1252"}, {1253, "windows-1253"},
	    {1254, "windows-1254"}, {1255, "windows-1255"},
	    {1256, "windows-1256"}, {1257, "windows-1257"},
	    {1258, "windows-1258"}, {1361, "johab"}, {10000, "macintosh"},
	    {10007, "x-mac-cyrillic"}, {12000, "UTF-32LE"}, {12001, "UTF-32BE"},
	    {20127, "us-ascii"}, {20866, "KOI8-R"}, {20932, "EUC-JP"},
	    {20936, "GB2312"}, {21866, "KOI8-U"}, {28591, "ISO-8859-1"},
	    {28592, "ISO-8859-2"}, {28593, "ISO-8859-3"}, {28594, "ISO-8859-4"},
	    {28595, "ISO-8859-5"}, {28596, "ISO-8859-6"}, {28597, "ISO-8859-7"},
	    {28598, "ISO-8859-8"}, {28599, "ISO-8859-9"},
	    {28603, "ISO-8859-13"}, {28605, "ISO-8859-15"},
	    {38598, "ISO-8859-8-I"}, {50220, "ISO-2022-JP"},
	    {50221, "ISO-2022-JP"}, {50222, "ISO-2022-JP"},
	    {50225, "ISO-2022-KR"}, {50227, "ISO-2022-CN"}, {51932, "EUC-JP"},
	    {51936, "GB2312"}, {51949, "EUC-KR"}, {51950, "EUC-TW"},
	    {54936, "GB18030"}, {65000, "UTF-7"}, {65001, "UTF-8"}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].codepage == codepage)
			return table[i].name;
	return NULL;
}
