/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/app.h"

#include <stdio.h>

#include "config.h"

int app_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("mailwhy %s\n", MAILWHY_VERSION);
	return EXIT_FOUND;
}
