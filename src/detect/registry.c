/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c - the detectors, in the order in which --detector list shows them
 */
#include "detect/detectors.h"

const struct detector *const detectors[] = {
	&detector_brute_force,
	NULL,
};
