/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - everything else is in the library
 */
#include "cli/app.h"

int main(int argc, char **argv)
{
	return app_main(argc, argv);
}
