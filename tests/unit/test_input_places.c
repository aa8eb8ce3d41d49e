/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_input_places.c - the table of usual places, and the places that configuration files name
 */
#include "input/places.h"

#include <fnmatch.h>

#include "unit.h"

static const struct {
	const char *line, *key, *want; /* NULL: names no place */
} settings[] = {
	{ "maillog_file = /var/log/postfix.log\n", "maillog_file", "/var/log/postfix.log*" },
	{ "maillog_file=/var/log/postfix.log", "maillog_file", "/var/log/postfix.log*" },
	{ "maillog_file =", "maillog_file", NULL },
	{ "maillog_file", "maillog_file", NULL },
	{ "maillog_file = /dev/stdout", "maillog_file", NULL },
	{ "maillog_file = $queue_directory/log", "maillog_file", NULL },
	{ "maillog_file_prefixes = /var, /dev/stdout", "maillog_file", NULL },
	{ "#maillog_file = /var/log/postfix.log", "maillog_file", NULL },
	{ "  log_path = /srv/log/dovecot.log  ", "log_path", "/srv/log/dovecot.log*" },
	{ "log_path = syslog", "log_path", NULL },
	{ "info_log_path = /x", "log_path", NULL },
	{ "log_file_path = /var/log/exim/%slog", "log_file_path", "/var/log/exim/*log*" },
	{ "log_file_path = syslog : /srv/exim/%s.log", "log_file_path", "/srv/exim/*.log*" },
	{ "log_file_path = /srv/exim/%slog-%D : syslog", "log_file_path", "/srv/exim/*log-**" },
	{ "log_file_path = :syslog", "log_file_path", NULL },
	{ "", "log_path", NULL },
};

static void named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		struct slice line = heap_copy(slice_str(settings[i].line));
		char *got = place_from_setting(line, settings[i].key);

		CHECK(!got == !settings[i].want && (!got || strcmp(got, settings[i].want) == 0), "'%s': '%s'",
		      settings[i].line, got ? got : "nothing");
		free(got);
		heap_free(line);
	}
}

static const struct {
	const char *path;
	enum place_kind kind;
} found[] = {
	{ "/var/log/mail.log.2.gz", PLACE_OWN },
	{ "/var/log/maillog-20261121", PLACE_OWN },
	{ "/var/log/maillog.0.bz2", PLACE_OWN },
	{ "/var/log/mail-20261121.xz", PLACE_OWN },
	{ "/var/log/exim_mainlog-20261121.gz", PLACE_OWN },
	{ "/var/log/exim4/rejectlog.10.gz", PLACE_OWN },
	{ "/var/log/dovecot-info.log", PLACE_OWN },
	{ "/mnt/c/Program Files/Microsoft/Exchange Server/V15/TransportRoles/Logs/MessageTracking/MSGTRK2026112109-1.LOG", PLACE_OWN },
	{ "/mnt/c/Program Files/Microsoft/Exchange Server/V15/TransportRoles/Logs/FrontEnd/ProtocolLog/SmtpReceive/RECV20261121-1.LOG",
	  PLACE_OWN },
	{ "/mnt/c/SmarterMail/Logs/2026.11.21-smtpLog.log", PLACE_OWN },
	{ "/var/lib/docker/containers/0123abcd/0123abcd-json.log.1", PLACE_MIXED },
	{ "/var/log/pods/mail_postfix-0_1/postfix/0.log", PLACE_MIXED },
	{ "/var/log/syslog.1", PLACE_MIXED },
};

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(found); i++) {
		size_t k = 0;

		while (k < places_count && fnmatch(places[k].pattern, found[i].path, FNM_PATHNAME) != 0)
			k++;
		CHECK(k < places_count, "'%s' is in no place", found[i].path);
		CHECK(places[k].kind == found[i].kind, "'%s': kind", found[i].path);
	}
	for (size_t i = 0; i < places_count; i++)
		CHECK(places[i].pattern[0] == '/', "'%s'", places[i].pattern);
	/* the logs of everything come last: what repeats another one is left out, not the other way round */
	for (size_t i = 1; i < places_count; i++)
		CHECK(places[i].kind >= places[i - 1].kind, "'%s'", places[i].pattern);
}

static void known_words(void **state)
{
	static const char *const yes[] = { "var", "log", "mail.log", "exim4", "exim_mainlog", "home", "TransportRoles" };
	static const char *const no[] = { "", "alice", "example.com", "*", "mx1.log", "mail.log.customer" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		CHECK(place_knows_word(slice_str(yes[i])), "'%s'", yes[i]);
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		CHECK(!place_knows_word(slice_str(no[i])), "'%s'", no[i]);
	CHECK(place_is_foreign("dpkg.log") && !place_is_foreign("mail.log"), "foreign");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(named),
		cmocka_unit_test(table),
		cmocka_unit_test(known_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
