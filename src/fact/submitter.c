/* SPDX-License-Identifier: Apache-2.0 */
/*
 * submitter.c - who hands mail in on this machine
 */
#include "fact/submitter.h"

#include "base/ascii.h"
#include "base/attr.h"
#include "base/cursor.h"

static const struct slice WEB_SERVERS[] = {
	LIT("www-data"), LIT("apache"), LIT("nobody"), LIT("nginx"), LIT("www"), LIT("httpd"), LIT("wwwrun"), LIT("_www"),
	LIT("http"), LIT("lighttpd"), LIT("litespeed"), LIT("caddy"), LIT("apache2"), LIT("php-fpm"),
	LIT("33"), /* www-data of Debian */
	LIT("48"), /* apache of Red Hat */
};

bool submitter_is_web_server(struct slice user)
{
	for (size_t i = 0; i < ARRAY_LEN(WEB_SERVERS); i++)
		if (user.p && slice_eq(user, WEB_SERVERS[i]))
			return true;
	return false;
}

struct slice submitter_of_home(struct slice directory)
{
	struct cur c = cur_of(directory);
	struct slice user;

	if (!directory.p)
		return SLICE_NONE;
	(void)cur_lit(&c, "/usr"); /* FreeBSD */
	if (!cur_lit(&c, "/home"))
		return SLICE_NONE;
	while (!cur_at_end(&c) && ascii_digit(cur_peek(&c))) /* further disks: /home2 */
		c.p++;
	if (!cur_byte(&c, '/'))
		return SLICE_NONE;
	user = cur_token(&c, '/');
	return user.n ? user : SLICE_NONE;
}
