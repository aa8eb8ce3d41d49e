/* SPDX-License-Identifier: Apache-2.0 */
/*
 * columns.h - logs whose records are rows of comma separated values: what their columns are
 *
 * Microsoft Exchange names the columns in a line of their own ("#Fields: date-time,client-ip,..."), and their number and order
 * differ from version to version, even inside one file that was put together.  The envelope reads that line; every row
 * that follows points to what it said.  A row is read as RFC 4180 says, but nothing in it is trusted: a field that is not
 * closed ends with the row.
 */
#ifndef EVENT_COLUMNS_H
#define EVENT_COLUMNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum log_kind {
	LOG_NONE,
	LOG_TRACKING,     /* message tracking, also as Get-MessageTrackingLog exports it */
	LOG_SMTP_RECEIVE, /* protocol logs */
	LOG_SMTP_SEND,
	LOG_SMTP,         /* one of these two: the header does not tell */
	LOG_IMAP,
	LOG_POP3,
	LOG_MAILBOX,      /* IMAP or POP3: the header does not tell */
	LOG_KIND_COUNT
};

/* Names are compared without case, '-' and '_': "client-ip" is also the ClientIp of an export. */
#define LOG_COLUMNS(X) /* id, name, another name or NULL */ \
	X(COL_DATE_TIME, "datetime", "timestamp")          \
	X(COL_CLIENT_IP, "clientip", NULL)                 \
	X(COL_CLIENT_HOST, "clienthostname", NULL)         \
	X(COL_SERVER_IP, "serverip", NULL)                 \
	X(COL_SERVER_HOST, "serverhostname", NULL)         \
	X(COL_SOURCE_CONTEXT, "sourcecontext", NULL)       \
	X(COL_CONNECTOR, "connectorid", NULL)              \
	X(COL_SOURCE, "source", NULL)                      \
	X(COL_EVENT_ID, "eventid", NULL)                   \
	X(COL_INTERNAL_ID, "internalmessageid", NULL)      \
	X(COL_MESSAGE_ID, "messageid", NULL)               \
	X(COL_NETWORK_ID, "networkmessageid", NULL)        \
	X(COL_RECIPIENTS, "recipientaddress", "recipients") \
	X(COL_RECIPIENT_STATUS, "recipientstatus", NULL)   \
	X(COL_TOTAL_BYTES, "totalbytes", NULL)             \
	X(COL_RECIPIENT_COUNT, "recipientcount", NULL)     \
	X(COL_RELATED, "relatedrecipientaddress", NULL)    \
	X(COL_REFERENCE, "reference", NULL)                \
	X(COL_SUBJECT, "messagesubject", NULL)             \
	X(COL_SENDER, "senderaddress", "sender")           \
	X(COL_RETURN_PATH, "returnpath", NULL)             \
	X(COL_MESSAGE_INFO, "messageinfo", NULL)           \
	X(COL_DIRECTIONALITY, "directionality", NULL)      \
	X(COL_ORIGINAL_CLIENT_IP, "originalclientip", NULL) \
	X(COL_CUSTOM_DATA, "customdata", "eventdata")      \
	X(COL_SESSION, "sessionid", NULL)                  \
	X(COL_SEQUENCE, "sequencenumber", "seqnumber")     \
	X(COL_LOCAL, "localendpoint", "sip")               \
	X(COL_REMOTE, "remoteendpoint", "cip")             \
	X(COL_EVENT, "event", NULL)                        \
	X(COL_DATA, "data", NULL)                          \
	X(COL_CONTEXT, "context", NULL)                    \
	X(COL_USER, "user", NULL)                          \
	X(COL_DURATION, "duration", NULL)                  \
	X(COL_COMMAND, "command", NULL)                    \
	X(COL_PARAMETERS, "parameters", NULL)

enum log_column {
#define X(id, name, other) id,
	LOG_COLUMNS(X)
#undef X
	COL_OTHER, /* nothing that is asked for */
	LOG_COLUMN_COUNT = COL_OTHER
};

#define LOG_COLUMNS_MAX 64       /* a header with more is none */
#define LOG_DECODED_END '\x1f'   /* ends each field of a row whose quotes were undone */

/* What a header says.  Immutable once it is handed out. */
struct log_columns {
	enum log_kind kind;
	bool exported;           /* local times as somebody's culture writes them, not UTC */
	char separator;          /* ',', ';' or a tab */
	uint8_t n;
	uint8_t at[LOG_COLUMNS_MAX]; /* enum log_column of each */
};

/*
 * log_columns_read - names of columns to columns
 *
 * line is the whole header, with or without "#Fields: " in front; type is what "#Log-type" said, LOG_NONE: nothing.
 * False: it names no columns of a log that is known.
 */
bool log_columns_read(struct slice line, enum log_kind type, struct log_columns *ret);

/* the kind that "#Log-type: SMTP Receive Protocol Log" names (the part behind the colon); LOG_NONE: none */
enum log_kind log_kind_of_type(struct slice type);

/* The fields of a row, by column; SLICE_NONE: empty, or not there. */
struct log_row {
	struct slice field[LOG_COLUMN_COUNT];
	unsigned n;              /* fields that were there */
	bool open;               /* the last one had a quote that nobody closed */
	bool escaped;            /* some field holds doubled quotes */
};

/* the fields of a row as it is written; inside quotes, '""' stays as it is */
void log_row_split(const struct log_columns *columns, struct slice text, struct log_row *ret);
/* the same of a row that log_row_decode() made: nothing in it is quoted */
void log_row_split_decoded(const struct log_columns *columns, struct slice text, struct log_row *ret);
/* The row without its quotes, each field ended by LOG_DECODED_END; to has room for text.n + 1 bytes.  Returns how many. */
size_t log_row_decode(const struct log_columns *columns, struct slice text, char *to);

/* What a row without any header must be, by its look: a time of Exchange, as many columns as its logs have, and words
 * where they have words; LOG_NONE: nothing that can be told. */
enum log_kind log_row_shape(struct slice text, unsigned *ret_n);

#endif
