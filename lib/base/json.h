/*
 * json.h - texts as JSON, where mail is not always UTF-8. ms-json(5), Values.
 * Layer: above base64, utf8; jansson.
 */
#ifndef MS_JSON_H
#define MS_JSON_H
#include <jansson.h>
#include <stdint.h>
#include "buf.h"

/*
 * Sets o[key] to the text, with U+FFFD for each byte that is not UTF-8. If
 * there are such bytes, o[key_b64] receives the whole text in base64.
 */
void ms_json_text(json_t *o, const char *key, struct ms_slice text);
/* Sets o[key_b64] to the bytes in base64. */
void ms_json_base64(json_t *o, const char *key, struct ms_slice bytes);
void ms_json_number(json_t *o, const char *key, uint64_t n);
/*
 * The value of o[key]: a number, or 0 if it is missing or negative; a text, or
 * "" if it is missing. The text lives as long as o.
 */
uint64_t ms_json_number_of(const json_t *o, const char *key);
const char *ms_json_text_of(const json_t *o, const char *key);
/* Appends a UTF-8 text as a JSON string, for output that is written without a
 * tree. Controls (ms_utf8_control()) are escaped, here and below. */
void ms_json_put_text(struct ms_buf *out, const char *text);
/* Appends a part of JSON text that consists of whole characters. */
void ms_json_add(struct ms_buf *out, const char *text, size_t n);
/* Appends o as one line, without the line end. */
void ms_json_line(struct ms_buf *out, const json_t *o);

#endif
